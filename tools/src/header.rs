//! What the header says, kind by kind, each in the order of the header.

use crate::{Comment, Error, parse};

/// The whole C interface.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Header {
    /// The lines of the comment at the top: the rules that hold for every function.
    pub overview: Vec<String>,
    pub constants: Vec<Constant>,
    /// The handles.
    pub opaque: Vec<Opaque>,
    pub aliases: Vec<Alias>,
    pub callbacks: Vec<Callback>,
    pub functions: Vec<Function>,
    /// Whether each pointer says if it may be NULL. What cbindgen writes does not.
    pub is_annotated: bool,
}

impl Header {
    /// Reads the text of a header.
    ///
    /// # Errors
    ///
    /// The first line that is not understood, and why.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::header(text)
    }

    /// Whether a value of this type may be NULL: a pointer, or the type of a callback.
    #[must_use]
    pub fn is_pointer(&self, of: &Type) -> bool {
        of.pointers > 0 || self.callbacks.iter().any(|callback| callback.name == of.base)
    }

    /// The value of `PERSONR_VERSION`, if the header has one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.constants.iter().find_map(|constant| match &constant.value {
            Value::Text(text) if constant.name == "PERSONR_VERSION" => Some(&**text),
            _ => None,
        })
    }
}

/// `#define NAME VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    pub comment: Comment,
    pub name: String,
    pub value: Value,
}

impl Constant {
    /// Whether it tells the version of the header, which is no part of the interface: it changes with each release.
    #[must_use]
    pub fn is_of_the_version(&self) -> bool {
        self.name.starts_with("PERSONR_VERSION")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Number(i64),
    /// Without the quotes.
    Text(String),
}

/// `typedef struct NAME NAME;`, a type of which a program has only pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    pub comment: Comment,
    pub name: String,
}

/// `typedef OTHER NAME;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    pub comment: Comment,
    pub name: String,
    pub other: Type,
}

/// `typedef RESULT (*NAME)(PARAMETERS);`, the type of a function that the program gives to the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    pub comment: Comment,
    pub name: String,
    pub signature: Signature,
    /// The declaration as it stands in the header, with its line breaks and its semicolon.
    pub text: String,
}

/// `RESULT NAME(PARAMETERS);`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub comment: Comment,
    pub name: String,
    pub signature: Signature,
    /// The declaration as it stands in the header, with its line breaks and its semicolon.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub result: Type,
    pub parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub of: Type,
}

/// `const char *` is the base `char`, const, with one pointer. What the pointer points to is const, never the pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    pub is_const: bool,
    pub base: String,
    pub pointers: usize,
    /// Of the outermost pointer. What a pointer to a pointer points to may always be NULL.
    pub null: Null,
}

/// Whether a pointer may be NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Null {
    /// The type is no pointer, or the header has no annotations.
    Unsaid,
    Never,
    Allowed,
}

impl Type {
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.base == "void" && self.pointers == 0
    }

    /// Whether it is this base behind so many pointers, const or not.
    #[must_use]
    pub fn is(&self, base: &str, pointers: usize) -> bool {
        self.base == base && self.pointers == pointers
    }
}
