cc main.c -I "$PREFIX/include" -L "$PREFIX/lib" -lpersonr -Wl,-rpath,"$PREFIX/lib" -o program
