#!/bin/sh
# Checks that links in the pages of the repository lead somewhere: tests/links.sh. A link to a file needs that file. A link
# in docs/architecture.md whose text is a name in code, such as `Session::next`, needs a definition of it in that file.
set -eu
cd "$(dirname "$0")/.."

# "PAGE TEXT TARGET" for each link of a page to a file. Blocks of code have none.
links() {
    awk '
        /^ *```/ { in_code = !in_code }
        !in_code {
            while (match($0, /\[[^][]*\]\([^()]*\)/)) {
                link = substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, RSTART + RLENGTH)
                text = target = link
                sub(/\]\(.*/, "", text)
                sub(/.*\]\(/, "", target)
                sub(/#.*/, "", target)
                gsub(/ /, "_", text)
                if (target != "" && target !~ /^[a-z]+:/) print FILENAME, text, target
            }
        }' "$1"
}

# Whether the file defines the name: a function, a type, or a variant of an enumeration; and what stands before its `::`.
defines() {
    name=${2##*::} owner=${2%::*}
    case $name in
    [A-Z]*) variant="|^ +$name(,|\(| \{|\$)" ;;
    *) variant= ;;
    esac
    grep -Eq "\<(fn|struct|enum|trait|type|const|static|mod) $name\>$variant" "$1" || return 1
    [ "$owner" = "$2" ] || grep -Eq "\<(struct|enum|trait|impl)\>[^{]*\<$owner\>" "$1"
}

failed=0
for page in *.md docs/*.md bindings/*.md bindings/*/*.md sandbox/*.md fuzz/*.md tests/*.md examples-c/*.md examples-cpp/*.md; do
    while read -r page text target; do
        file=$(dirname "$page")/$target
        if [ ! -e "$file" ]; then
            echo "$page: [$text] leads to $target, which does not exist" >&2
            failed=1
            continue
        fi
        # shellcheck disable=SC2016 # these are the quotes of Markdown
        name=$(printf '%s' "$text" | sed -n 's/^`\([A-Za-z_:]*\)`$/\1/p')
        if [ "$page" = docs/architecture.md ] && [ -n "$name" ] && [ "$name" != "$(basename "$file" .rs)" ]; then
            defines "$file" "$name" || {
                echo "$page: $target does not define $name" >&2
                failed=1
            }
        fi
    done <<END
$(links "$page")
END
done
exit "$failed"
