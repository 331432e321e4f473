# Gives Doxygen a header whose first comment is a page: the main one (page=main), or that of the file (page=file). C programs
# and `make header` have that comment as a plain one.
NR == 1 && page == "main" {
    print "/** @file\n * The interface in C. */"
    print "/** @mainpage"
    next
}
NR == 1 {
    print "/** @file"
    next
}
!is_past && page == "main" && /\*\// {
    print " *"
    print " * Every function, type and constant: personr.h in C, personr.hpp in C++17 and later."
}
# Stars of C are not those of Markdown.
!is_past { gsub(/\*\*[a-z]+/, "`&`") }
/\*\// { is_past = 1 }
{ print }
