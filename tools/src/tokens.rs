//! The words and marks of a C declaration.

use crate::Error;

/// A word, or a mark of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Word(&'a str),
    Mark(char),
}

/// The tokens of one declaration, taken one after the other.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    rest: &'a str,
    /// Where the declaration begins.
    line: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str, line: usize) -> Self {
        Self { text, rest: text, line }
    }

    /// The next token, which stays. `None` at the end.
    pub fn peek(&self) -> Result<Option<Token<'a>>, Error> {
        let rest = self.rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let length = rest.find(|c: char| !is_of_a_word(c)).unwrap_or(rest.len());
        if length > 0 && !first.is_ascii_digit() {
            return Ok(Some(Token::Word(&rest[..length])));
        }
        if "*(),;".contains(first) {
            return Ok(Some(Token::Mark(first)));
        }
        Err(self.error(&format!("\"{first}\" is not understood")))
    }

    fn next(&mut self) -> Result<Option<Token<'a>>, Error> {
        let token = self.peek()?;
        let rest = self.rest.trim_start();
        match token {
            Some(Token::Word(word)) => self.rest = &rest[word.len()..],
            Some(Token::Mark(mark)) => self.rest = &rest[mark.len_utf8()..],
            None => {}
        }
        Ok(token)
    }

    /// Takes a word, whichever it is.
    pub fn word(&mut self) -> Result<&'a str, Error> {
        match self.next()? {
            Some(Token::Word(word)) => Ok(word),
            other => Err(self.error(&format!("a word is missing where {} stands", named(other)))),
        }
    }

    /// Takes this token and no other.
    pub fn expect(&mut self, expected: Token) -> Result<(), Error> {
        match self.next()? {
            Some(token) if token == expected => Ok(()),
            other => Err(self.error(&format!("{} is missing where {} stands", named(Some(expected)), named(other)))),
        }
    }

    /// Takes this token if it is the next one.
    pub fn take(&mut self, token: Token) -> Result<bool, Error> {
        let is_next = self.peek()? == Some(token);
        if is_next {
            self.next()?;
        }
        Ok(is_next)
    }

    pub fn end(&self) -> Result<(), Error> {
        match self.peek()? {
            None => Ok(()),
            token => Err(self.error(&format!("{} stands behind the end", named(token)))),
        }
    }

    pub fn error(&self, message: &str) -> Error {
        Error::new(self.line, format!("{message}: {}", self.text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }
}

fn named(token: Option<Token>) -> String {
    match token {
        Some(Token::Word(word)) => format!("\"{word}\""),
        Some(Token::Mark(mark)) => format!("\"{mark}\""),
        None => "the end".to_owned(),
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
