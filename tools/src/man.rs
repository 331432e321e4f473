//! Manual pages (section 3): one for each function, from its comment, and libpersonr(3) from the comment at the header's
//! top.

use crate::{Comment, Function, Header, c};

/// The name of the page for all: no function has it.
pub const OVERVIEW: &str = "libpersonr";

/// A page, in troff's language. It is installed as `NAME.3`.
#[derive(Debug)]
pub struct Page {
    pub name: String,
    pub text: String,
}

/// All pages. That for all comes first, the others in the order of the header.
#[must_use]
pub fn pages(header: &Header) -> Vec<Page> {
    let version = header.version().unwrap_or_default();
    let functions = header.functions.iter().map(|function| page(function, version));
    std::iter::once(overview(header, version)).chain(functions).collect()
}

fn overview(header: &Header, version: &str) -> Page {
    let mut lines = beginning(OVERVIEW, "logs in to Personr's API and keeps the token usable", version);
    lines.push(".SH SYNOPSIS\n.nf\n.B #include <personr.h>\n".to_owned());
    lines.push("cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs personr)\n.fi\n.SH DESCRIPTION".to_owned());
    // The first line is the name and the summary, as they stand above.
    lines.extend(paragraphs(header.overview.get(2..).unwrap_or_default()));
    lines.push(".SH SEE ALSO".to_owned());
    let references: Vec<_> = header.functions.iter().map(|function| format!(".BR {} (3)", function.name)).collect();
    lines.push(references.join(",\n"));
    finished(OVERVIEW, &lines)
}

fn page(function: &Function, version: &str) -> Page {
    let comment = &function.comment;
    let mut lines = beginning(&function.name, &summary(comment), version);
    lines.push(".SH SYNOPSIS\n.nf\n.B #include <personr.h>\n".to_owned());
    // The page says in words what may be NULL.
    lines.push(plain(&c::function(function, false)));
    lines.push(".fi\n.SH DESCRIPTION".to_owned());
    lines.extend(paragraphs(&comment.description));
    if !comment.parameters.is_empty() {
        lines.push(".SH PARAMETERS".to_owned());
    }
    for parameter in &comment.parameters {
        lines.push(format!(".TP\n.I {}", parameter.name));
        lines.extend(parameter.lines.iter().map(|line| prose(line)));
    }
    for (title, part) in [("RETURN VALUE", &comment.returned), ("NOTES", &comment.notes)] {
        if !part.is_empty() {
            lines.push(format!(".SH {title}"));
            lines.extend(part.iter().map(|line| prose(line)));
        }
    }
    lines.push(format!(".SH SEE ALSO\n.BR {OVERVIEW} (3)"));
    finished(&function.name, &lines)
}

fn beginning(name: &str, summary: &str, version: &str) -> Vec<String> {
    let title = format!(".TH {} 3 \"\" \"libpersonr {version}\" \"libpersonr\"", name.to_ascii_uppercase());
    vec![title, ".SH NAME".to_owned(), format!("{name} \\- {}", plain(summary))]
}

fn finished(name: &str, lines: &[String]) -> Page {
    Page { name: name.to_owned(), text: lines.join("\n") + "\n" }
}

/// The first sentence says what the function is for. The description begins with it too.
fn summary(comment: &Comment) -> String {
    let paragraph: Vec<_> =
        comment.description.iter().map(|line| &**line).take_while(|line| !line.is_empty()).collect();
    let text = paragraph.join(" ");
    let end = text.match_indices(['.', ':']).find(|(at, _)| text[at + 1..].starts_with(' ')).map(|(at, _)| at);
    let sentence = match end {
        Some(end) => &text[..end],
        None => text.strip_suffix(['.', ':']).unwrap_or(&text),
    };
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// Paragraphs, lists, and what is indented by four blanks: code.
fn paragraphs(comment: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut is_code, mut is_after_a_blank) = (false, false);
    for (line, at) in comment.iter().zip(0..) {
        if line.is_empty() {
            is_after_a_blank = at > 0;
            continue;
        }
        let was_code = is_code;
        is_code = line.starts_with("    ");
        match (was_code, is_code) {
            (false, true) if at > 0 => lines.push(".PP\n.nf".to_owned()),
            (false, true) => lines.push(".nf".to_owned()),
            (true, true) if is_after_a_blank => lines.push(String::new()),
            (true, false) => lines.push(".fi".to_owned()),
            _ => {}
        }
        let item = line.strip_prefix("- ");
        if item.is_some() {
            lines.push(".IP \\(bu 2".to_owned());
        } else if is_after_a_blank && !is_code {
            lines.push(".PP".to_owned());
        }
        is_after_a_blank = false;
        lines.push(prose(item.unwrap_or(line).trim_start()));
    }
    if is_code {
        lines.push(".fi".to_owned());
    }
    lines
}

/// Escapes what troff would take for a request, an escape or a typographic character.
fn plain(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace("#PERSONR", "PERSONR");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// The same, with bold letters for what is bold in Markdown. (`**error` is a pointer.)
fn prose(text: &str) -> String {
    let text = plain(text);
    let mut done = String::new();
    let mut rest = &*text;
    while let Some((before, bold, behind)) = first_bold(rest) {
        done += &format!("{before}\\fB{bold}\\fP");
        rest = behind;
    }
    done + rest
}

/// What stands before, between and behind the first two pairs of asterisks that have something other than asterisks between
/// them.
fn first_bold(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("**").find_map(|(at, mark)| {
        let (bold, behind) = text[at + mark.len()..].split_once("**")?;
        (!bold.is_empty() && !bold.contains('*')).then(|| (&text[..at], bold, behind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::SMALL;

    #[test]
    fn the_summary_is_the_first_sentence() {
        let summary = |text: &str| {
            summary(&Comment { description: text.lines().map(str::to_owned).collect(), ..Comment::default() })
        };
        assert_eq!(summary("Makes a handle.\nMore of it."), "makes a handle");
        assert_eq!(summary("Logs in anew: this is how."), "logs in anew");
        assert_eq!(summary("Says 0.1.0 of\ntwo lines.\n\nMore. And more."), "says 0.1.0 of two lines");
        assert_eq!(summary(""), "");
    }

    #[test]
    fn troff_gets_nothing_to_interpret() {
        assert_eq!(plain(".so \\x - 'y"), "\\&.so \\ex \\- 'y");
        assert_eq!(plain("'s a #PERSONR_OK"), "\\&'s a PERSONR_OK");
    }

    #[test]
    fn what_is_bold_is_bold_and_a_pointer_is_none() {
        assert_eq!(prose("a **b c** d **e**"), "a \\fBb c\\fP d \\fBe\\fP");
        assert_eq!(prose("personr_error **error last"), "personr_error **error last");
        assert_eq!(prose("****"), "****");
    }

    #[test]
    fn code_and_lists_are_set_apart() {
        let lines = |text: &str| paragraphs(&text.lines().map(str::to_owned).collect::<Vec<_>>()).join("|");
        assert_eq!(lines("One\ntwo.\n\nThree."), "One|two.|.PP|Three.");
        assert_eq!(lines("One.\n\n    a\n\n    b\n\nTwo."), "One.|.PP\n.nf|a||b|.fi|.PP|Two.");
        assert_eq!(lines("    a"), ".nf|a|.fi");
        assert_eq!(lines("- One\n  goes on.\n- Two.\n\nEnd."), ".IP \\(bu 2|One|goes on.|.IP \\(bu 2|Two.|.PP|End.");
    }

    #[test]
    fn a_page_has_the_parts_of_its_comment() {
        let header = Header::parse(SMALL).expect("a header");
        let pages = pages(&header);
        assert_eq!(
            pages.iter().map(|page| &*page.name).collect::<Vec<_>>(),
            [OVERVIEW, "personr_auth_run", "personr_bare"]
        );
        assert!(pages[0].text.ends_with(
            ".SH DESCRIPTION\n.nf\ncode\n.fi\n.SH SEE ALSO\n.BR personr_auth_run (3),\n.BR personr_bare (3)\n"
        ));
        let expected = r#".TH PERSONR_AUTH_RUN 3 "" "libpersonr 1.2.3" "libpersonr"
.SH NAME
personr_auth_run \- does it
.SH SYNOPSIS
.nf
.B #include <personr.h>

void personr_auth_run(const personr_auth *auth, int32_t number);
.fi
.SH DESCRIPTION
Does it.
.SH PARAMETERS
.TP
.I auth
The handle.
.SH SEE ALSO
.BR libpersonr (3)
"#;
        assert_eq!(pages[1].text, expected);
    }
}
