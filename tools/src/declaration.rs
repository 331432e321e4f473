//! One declaration: a type, or a function. No struct with members, no enum, no union, no array, nothing inline: a C
//! interface that is to stay has none of them.

use crate::c::ANNOTATIONS;
use crate::header::{Alias, Callback, Function, Header, Null, Opaque, Parameter, Signature, Type};
use crate::tokens::{Token, Tokens};
use crate::{Comment, Error};

/// The types that the header does not declare itself.
const GIVEN: [&str; 13] = [
    "void", "char", "int", "double", "size_t", "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t",
    "uint32_t", "uint64_t",
];

/// Adds what `text` declares, up to its semicolon, to the header. It begins at this line.
pub(crate) fn declare(header: &mut Header, comment: Comment, text: &str, line: usize) -> Result<(), Error> {
    let mut tokens = Tokens::new(text, line);
    if tokens.take(Token::Word("typedef"))? {
        type_definition(header, comment, text, &mut tokens)?;
    } else {
        let result = type_of(header, &mut tokens)?;
        let name = new_name(header, &mut tokens)?;
        let parameters = parameters(header, &mut tokens)?;
        let signature = Signature { result, parameters };
        header.functions.push(Function { comment, name, signature, text: text.to_owned() });
    }
    tokens.expect(Token::Mark(';'))?;
    tokens.end()
}

fn type_definition(header: &mut Header, comment: Comment, text: &str, tokens: &mut Tokens) -> Result<(), Error> {
    if tokens.take(Token::Word("struct"))? {
        let tag = tokens.word()?;
        let name = new_name(header, tokens)?;
        if name != tag {
            return Err(tokens.error("a struct and its type have one name here"));
        }
        header.opaque.push(Opaque { comment, name });
        return Ok(());
    }
    let of = type_of(header, tokens)?;
    if !tokens.take(Token::Mark('('))? {
        let name = new_name(header, tokens)?;
        header.aliases.push(Alias { comment, name, other: of });
        return Ok(());
    }
    tokens.expect(Token::Mark('*'))?;
    let name = new_name(header, tokens)?;
    tokens.expect(Token::Mark(')'))?;
    let parameters = parameters(header, tokens)?;
    let signature = Signature { result: of, parameters };
    header.callbacks.push(Callback { comment, name, signature, text: text.to_owned() });
    Ok(())
}

/// `(void)`, or types and names with commas between them.
fn parameters(header: &Header, tokens: &mut Tokens) -> Result<Vec<Parameter>, Error> {
    let mut parameters = Vec::new();
    tokens.expect(Token::Mark('('))?;
    loop {
        let of = type_of(header, tokens)?;
        if of.is_void() {
            if !parameters.is_empty() {
                return Err(tokens.error("a parameter cannot be void"));
            }
            break;
        }
        parameters.push(Parameter { name: tokens.word()?.to_owned(), of });
        if !tokens.take(Token::Mark(','))? {
            break;
        }
    }
    tokens.expect(Token::Mark(')'))?;
    Ok(parameters)
}

fn type_of(header: &Header, tokens: &mut Tokens) -> Result<Type, Error> {
    let is_const = tokens.take(Token::Word("const"))?;
    let base = tokens.word()?;
    if !GIVEN.contains(&base) && !declared(header).any(|name| name == base) {
        return Err(tokens.error(&format!("the type \"{base}\" is not known")));
    }
    let mut of = Type { is_const, base: base.to_owned(), pointers: 0, null: Null::Unsaid };
    if header.is_pointer(&of) {
        of.null = nullability(header, tokens)?;
    }
    while tokens.take(Token::Mark('*'))? {
        if of.null == Null::Never {
            return Err(tokens.error("what a pointer to a pointer points to may be NULL"));
        }
        of.pointers += 1;
        of.null = nullability(header, tokens)?;
    }
    Ok(of)
}

/// Each pointer says whether it may be NULL, or none does.
fn nullability(header: &Header, tokens: &mut Tokens) -> Result<Null, Error> {
    for (null, word) in ANNOTATIONS {
        if tokens.take(Token::Word(word))? {
            return if header.is_annotated { Ok(null) } else { Err(tokens.error("an annotation that is not defined")) };
        }
    }
    if header.is_annotated {
        Err(tokens.error("a pointer does not say whether it may be NULL"))
    } else {
        Ok(Null::Unsaid)
    }
}

/// A name that nothing has yet.
fn new_name(header: &Header, tokens: &mut Tokens) -> Result<String, Error> {
    let name = tokens.word()?;
    let functions = header.functions.iter().map(|function| &*function.name);
    if declared(header).chain(functions).chain(GIVEN).any(|other| other == name) {
        return Err(tokens.error(&format!("\"{name}\" is declared twice")));
    }
    Ok(name.to_owned())
}

/// The types that the header has declared so far.
fn declared(header: &Header) -> impl Iterator<Item = &str> {
    let opaque = header.opaque.iter().map(|it| &*it.name);
    let aliases = header.aliases.iter().map(|it| &*it.name);
    opaque.chain(aliases).chain(header.callbacks.iter().map(|it| &*it.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declare_all(declarations: &[&str]) -> Result<Header, Error> {
        let mut header = Header::default();
        for (text, line) in declarations.iter().zip(1..) {
            declare(&mut header, Comment::default(), text, line)?;
        }
        Ok(header)
    }

    #[test]
    fn each_kind_is_read() {
        let header = declare_all(&[
            "typedef struct auth auth;",
            "typedef int32_t status;",
            "typedef status (*load_fn)(void *user_data,\n    uint8_t *buffer);",
            "const char *version(void);",
            "status run(const auth *a,\n           auth **auth_out, load_fn load, int64_t s);",
        ])
        .expect("declarations");
        assert_eq!((&*header.opaque[0].name, &*header.aliases[0].name), ("auth", "status"));
        assert!(header.aliases[0].other.is("int32_t", 0));
        let load = &header.callbacks[0];
        assert!(load.name == "load_fn" && load.signature.result.is("status", 0));
        assert_eq!(load.signature.parameters.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["user_data", "buffer"]);
        let version = &header.functions[0];
        assert!(version.name == "version" && version.signature.parameters.is_empty());
        assert_eq!(
            version.signature.result,
            Type { is_const: true, base: "char".to_owned(), pointers: 1, null: Null::Unsaid }
        );
        let run = &header.functions[1];
        let types: Vec<_> =
            run.signature.parameters.iter().map(|it| (it.of.is_const, &*it.of.base, it.of.pointers)).collect();
        assert_eq!(types, [(true, "auth", 1), (false, "auth", 2), (false, "load_fn", 0), (false, "int64_t", 0)]);
        assert_eq!(run.text, "status run(const auth *a,\n           auth **auth_out, load_fn load, int64_t s);");
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for text in [
            "typedef struct a { int b; } a;",
            "typedef struct a b;",
            "typedef enum a { A } a;",
            "typedef long a;",
            "unsigned int a(void);",
            "int a();",
            "int a(int);",
            "int a(int b, void);",
            "int a(int b, ...);",
            "int a(int b[2]);",
            "int a(int (*b)(void));",
            "int a(struct c *b);",
            "int a(int b) __attribute__((pure));",
            "extern int a;",
            "int a;",
            "int a(void); int b(void);",
            "int a(void)",
            "int 2a(void);",
            "int int(void);",
        ] {
            assert!(declare_all(&[text]).is_err(), "{text} is taken");
        }
        assert!(declare_all(&["int a(void);", "int a(int b);"]).is_err_and(|error| error.line == 2));
    }
}
