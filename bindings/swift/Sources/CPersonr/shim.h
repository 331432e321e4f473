/* The installed header, wherever pkg-config finds it. */
#include <personr.h>
