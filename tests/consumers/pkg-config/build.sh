cc main.c $(pkg-config --cflags --libs personr) -o program
