module personr

go 1.24
