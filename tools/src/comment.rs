//! A Doxygen comment of the header: a description, then `@param` for each parameter, `@return`, and "Threads: ".

use crate::Error;

/// The comment of a declaration. Every part is empty if there is none.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its lines, with their indentation: four blanks or more are code.
    pub description: Vec<String>,
    pub parameters: Vec<Described>,
    /// What stands behind `@return`, line by line.
    pub returned: Vec<String>,
    /// From "Threads: " on, line by line.
    pub notes: Vec<String>,
}

/// `@param NAME LINES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub name: String,
    pub lines: Vec<String>,
}

/// The part that a line belongs to. The parts come in this order, and each once, but for the parameters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Description,
    Parameters,
    Returned,
    Notes,
}

impl Comment {
    /// `lines` are without asterisks; the first is line `first` of the header.
    pub(crate) fn parse(lines: &[&str], first: usize) -> Result<Self, Error> {
        let mut comment = Self::default();
        let mut part = Part::Description;
        // A blank line ends a part. What follows it must say to which part it belongs.
        let mut has_ended = false;
        for (line, number) in lines.iter().zip(first..) {
            if let Some((next, text)) = beginning(line) {
                if next < part || (next == part && next != Part::Parameters) {
                    return Err(Error::new(number, format!("\"{line}\" comes too late in its comment, or twice")));
                }
                (part, has_ended) = (next, false);
                comment.begin(part, text, number)?;
            } else if line.is_empty() && part != Part::Description {
                has_ended = true;
            } else {
                comment.go_on(part, line, has_ended, number)?;
            }
        }
        while comment.description.last().is_some_and(String::is_empty) {
            comment.description.pop();
        }
        Ok(comment)
    }

    fn begin(&mut self, part: Part, text: &str, number: usize) -> Result<(), Error> {
        match part {
            Part::Description => {}
            Part::Parameters => {
                let (name, text) = text
                    .split_once(' ')
                    .ok_or_else(|| Error::new(number, "@param needs the name of a parameter, and what it is"))?;
                self.parameters.push(Described { name: name.to_owned(), lines: vec![text.trim_start().to_owned()] });
            }
            Part::Returned => self.returned.push(text.to_owned()),
            Part::Notes => self.notes.push(text.to_owned()),
        }
        Ok(())
    }

    fn go_on(&mut self, part: Part, line: &str, has_ended: bool, number: usize) -> Result<(), Error> {
        let text = line.trim_start();
        let lines = match part {
            Part::Description => {
                self.description.push(line.to_owned());
                return Ok(());
            }
            // cbindgen leaves the indentation as it is in the source, and there it says what a line goes on with.
            Part::Parameters if text.len() == line.len() => None,
            Part::Parameters => self.parameters.last_mut().map(|parameter| &mut parameter.lines),
            Part::Returned => Some(&mut self.returned),
            Part::Notes => Some(&mut self.notes),
        };
        match lines {
            Some(lines) if !has_ended => lines.push(text.to_owned()),
            _ => return Err(Error::new(number, format!("\"{line}\" belongs to no part of its comment"))),
        }
        Ok(())
    }
}

/// The part that a line begins, and the rest of the line.
fn beginning(line: &str) -> Option<(Part, &str)> {
    let word = line.split(' ').next().unwrap_or_default();
    match word {
        "@param" => Some((Part::Parameters, line[word.len()..].trim_start())),
        "@return" => Some((Part::Returned, line[word.len()..].trim_start())),
        "Threads:" => Some((Part::Notes, line)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "Does it.

    one();

More.

@param a   One
           and more.
@param bcd Two.

@return 0; or
another.

Threads: any.
Network: never.";

    fn parse(text: &str) -> Result<Comment, Error> {
        Comment::parse(&text.lines().collect::<Vec<_>>(), 7)
    }

    #[test]
    fn each_line_is_in_its_part() {
        let comment = parse(WHOLE).expect("a comment");
        assert_eq!(comment.description, ["Does it.", "", "    one();", "", "More."]);
        let parameters: Vec<_> = comment.parameters.iter().map(|it| (&*it.name, it.lines.join("|"))).collect();
        assert_eq!(parameters, [("a", "One|and more.".to_owned()), ("bcd", "Two.".to_owned())]);
        assert_eq!(comment.returned, ["0; or", "another."]);
        assert_eq!(comment.notes, ["Threads: any.", "Network: never."]);
    }

    #[test]
    fn what_is_misplaced_is_an_error_with_its_line() {
        for (text, line) in [
            // A line of the description that got between the parameters.
            ("Does it.\n@param a One.\nMore on it.\n@param b Two.", 9),
            ("Does it.\n@param a One.\n\n    code();", 10),
            ("Does it.\n@return 0.\n\nA new paragraph.", 10),
            ("Does it.\n@return 0.\n@param a One.", 9),
            ("Does it.\n@return 0.\n@return 1.", 9),
            ("Threads: any.\n@return 0.", 8),
            ("@param a", 7),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.line, line, "{text}: {error}");
        }
    }
}
