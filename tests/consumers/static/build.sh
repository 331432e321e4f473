cc main.c -I "$PREFIX/include" "$PREFIX/lib/libpersonr.a" -lpthread -ldl -lm -o program
