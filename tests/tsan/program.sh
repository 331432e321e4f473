#!/bin/sh
# Runs inside the root: compiles a C program for ThreadSanitizer: tests/tsan/program.sh ROOT FOLDER SOURCE PROGRAM FLAG... ROOT
# and FOLDER are where / and /mnt are outside, where the program will run.
#
# It finds its loader and its C library in the root: a runtime works with the C library that it was made for.
set -eu
root=$1 folder=$2 source=$3 program=$4
shift 4
libraries=$root/usr/lib/$(gcc -print-multiarch)
loader=$root$(readelf -l /bin/sh | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p')
cd /mnt/tree
exec clang-19 -fsanitize=thread -fno-omit-frame-pointer -g -O1 -Iinclude "$@" "$source" -o "$program" -L/mnt/lib -lpersonr -pthread \
    -ldl "-Wl,--dynamic-linker,$loader,--disable-new-dtags,-rpath,$folder/lib,-rpath,$libraries"
