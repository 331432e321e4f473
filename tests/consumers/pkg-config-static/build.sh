cc -static main.c $(pkg-config --static --cflags --libs personr) -o program
