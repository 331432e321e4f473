# Makes a man page (section 3) for each function of include/personr.h, from its comment, and libpersonr(3) from the comment
# at the header's top: awk -v version=VERSION -v folder=FOLDER -f packaging/man.awk include/personr.h

/^\/\*/ { inside = 1; ours = /^\/\*\*/; first = NR == 1; count = 0; next }
inside && /^ \*\// { inside = 0; if (first) overview(); declaration = ""; next }
inside { sub(/^ \*( |$)/, ""); comment[++count] = $0; next }
/^(#|typedef|extern|}|$)/ && declaration == "" { next }
{
    declaration = declaration (declaration == "" ? "" : "\n") $0
    if (/;$/) {
        if (ours && declaration ~ /\(/ && declaration !~ /^typedef/) page()
        declaration = ""
        ours = 0
    }
}

# What troff would take for a request, an escape or a typographic character.
function plain(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/#PERSONR/, "PERSONR", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

# The same with what is bold in Markdown. (`**error` is a pointer.)
function prose(text,    bold) {
    text = plain(text)
    while (match(text, /\*\*[^*]+\*\*/)) {
        bold = substr(text, RSTART + 2, RLENGTH - 4)
        text = substr(text, 1, RSTART - 1) "\\fB" bold "\\fP" substr(text, RSTART + RLENGTH)
    }
    return text
}

function out(text) { print text > file }

function begin(name, summary) {
    file = folder "/" name ".3"
    out(".TH " toupper(name) " 3 \"\" \"libpersonr " version "\" \"libpersonr\"")
    out(".SH NAME")
    out(name " \\- " plain(summary))
}

# Lines of the comment from one to another: paragraphs, and code if they are indented.
function paragraphs(from, to,    i, code, new) {
    for (i = from; i <= to; i++) {
        if (comment[i] == "") {
            new = i > from
            continue
        }
        if (comment[i] ~ /^    /) {
            if (!code) out((i > from ? ".PP\n" : "") ".nf")
            else if (new) out("")
            code = 1
        } else {
            if (code) out(".fi")
            if (comment[i] ~ /^- /) out(".IP \\(bu 2")
            else if (new) out(".PP")
            code = 0
        }
        new = 0
        sub(/^( +|- )/, "", comment[i])
        out(prose(comment[i]))
    }
    if (code) out(".fi")
}

# The first sentence says what the function is for; the page's description begins with it too.
function summary_of(text) {
    text = comment[1]
    for (i = 2; i <= count && comment[i] != "" && comment[i] !~ /^@/; i++) text = text " " comment[i]
    if (match(text, /[.:] /)) text = substr(text, 1, RSTART - 1)
    sub(/[.:]$/, "", text)
    return tolower(substr(text, 1, 1)) substr(text, 2)
}

function page(    name, i, end, returned, notes, line) {
    name = declaration
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    pages = pages " " name
    begin(name, summary_of())
    out(".SH SYNOPSIS")
    out(".nf\n.B #include <personr.h>\n")
    out(plain(declaration))
    out(".fi")
    for (end = 1; end <= count && comment[end] !~ /^(@|Threads: )/; end++) { }
    out(".SH DESCRIPTION")
    paragraphs(1, end - 1)
    for (i = end; i <= count; i++) {
        line = comment[i]
        if (line ~ /^@param/) {
            if (!listed++) out(".SH PARAMETERS")
            sub(/^@param +/, "", line)
            out(".TP\n.I " substr(line, 1, index(line, " ") - 1))
            sub(/^[^ ]+ +/, "", line)
        } else if (line ~ /^@return/) {
            out(".SH RETURN VALUE")
            sub(/^@return +/, "", line)
        } else if (line ~ /^Threads: /) {
            out(".SH NOTES")
        }
        sub(/^ +/, "", line)
        if (line != "") out(prose(line))
    }
    listed = 0
    out(".SH SEE ALSO\n.BR libpersonr (3)")
    close(file)
}

function overview(    i) {
    begin("libpersonr", "logs in to Personr's API and keeps the token usable")
    out(".SH SYNOPSIS\n.nf\n.B #include <personr.h>\n\ncc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs personr)\n.fi")
    out(".SH DESCRIPTION")
    paragraphs(3, count)
    close(file)
}

END {
    file = folder "/libpersonr.3"
    print ".SH SEE ALSO" >> file
    count = split(pages, name, " ")
    for (i = 1; i <= count; i++) print ".BR " name[i] " (3)" (i < count ? "," : "") >> file
}
