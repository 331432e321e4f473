//! The parts of a form (RFC 7578).

use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;

use super::part::{Encoding, Part};
use super::summary::Summary;
use super::text::Text;
use super::{Broken, PIECE, for_each_piece};

/// Reads a form to its end. Nothing may stand before its first delimiter or behind its last: parsers skip what does, so
/// that a client's mistake would go unseen.
pub(super) fn read(content_type: &str, body: &mut (impl Read + Send)) -> Result<Vec<Part>, Broken> {
    let boundary =
        multer::parse_boundary(content_type).map_err(|_| Broken::new("The multipart body has no boundary"))?;
    let mut ends = Ends::default();
    let pieces = Pieces { body, piece: vec![0; PIECE], ends: &mut ends, pause: false };
    let parts = futures_executor::block_on(parts(multer::Multipart::new(pieces, &boundary)))?;
    for_each_piece(body, |piece| ends.note(piece)).map_err(|_| Broken::new("The multipart body ended early"))?;
    if ends.are_delimiters(&boundary) {
        return Ok(parts);
    }
    Err(Broken::new("Bytes stand before or behind the form in the multipart body"))
}

/// The first and the last bytes of a body.
#[derive(Default)]
struct Ends {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Ends {
    /// No boundary is longer than 70 characters (RFC 2046, 5.1.1).
    const LENGTH: usize = 80;

    fn note(&mut self, piece: &[u8]) {
        let room = Ends::LENGTH.saturating_sub(self.first.len());
        self.first.extend_from_slice(&piece[..room.min(piece.len())]);
        self.last.extend_from_slice(&piece[piece.len().saturating_sub(Ends::LENGTH)..]);
        self.last.drain(..self.last.len().saturating_sub(Ends::LENGTH));
    }

    fn are_delimiters(&self, boundary: &str) -> bool {
        let closing = format!("--{boundary}--");
        let last = self.last.strip_suffix(b"\r\n").unwrap_or(&self.last);
        self.first.starts_with(&closing.as_bytes()[..boundary.len() + 2]) && last.ends_with(closing.as_bytes())
    }
}

async fn parts(mut form: multer::Multipart<'_>) -> Result<Vec<Part>, Broken> {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
        parts.push(part(field).await?);
    }
    Ok(parts)
}

async fn part(mut field: multer::Field<'_>) -> Result<Part, Broken> {
    let name = field.name().ok_or_else(|| Broken::new("A part of the multipart body has no name"))?.to_owned();
    let file_name = field.file_name().map(str::to_owned);
    let content_type = field.content_type().map(ToString::to_string);
    let (mut bytes, mut text) = (Summary::default(), Text::default());
    while let Some(piece) = field.chunk().await.map_err(|error| unreadable(&error))? {
        match file_name {
            Some(_) => bytes.update(&piece),
            None => text.update(&name, &piece),
        }
    }
    let mut part = match file_name {
        Some(_) => Part::new(&name, Encoding::Binary, bytes),
        None => text.finish(&name)?,
    };
    if part.file_name.is_none() {
        part.file_name = file_name;
    }
    part.content_type = content_type;
    Ok(part)
}

/// multer's own words: none of them repeats what was sent, but for the name of a field.
fn unreadable(error: &multer::Error) -> Broken {
    Broken(format!("The multipart body cannot be read: {error}"))
}

/// The body as multer wants it. After each piece it is "pending" once: multer takes all that is ready into its memory.
struct Pieces<'a, R> {
    body: &'a mut R,
    piece: Vec<u8>,
    ends: &'a mut Ends,
    pause: bool,
}

impl<R: Read> Stream for Pieces<'_, R> {
    type Item = std::io::Result<Vec<u8>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        this.pause = !this.pause;
        if !this.pause {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match this.body.read(&mut this.piece) {
            Ok(0) => Poll::Ready(None),
            Ok(length) => {
                this.ends.note(&this.piece[..length]);
                Poll::Ready(Some(Ok(this.piece[..length].to_vec())))
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &[u8]) -> Result<Vec<Part>, Broken> {
        read("multipart/form-data; boundary=b", &mut &*body)
    }

    /// A form of one part.
    fn form(headers: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("--b\r\nContent-Disposition: form-data; {headers}\r\n\r\n");
        [head.as_bytes(), content, b"\r\n--b--\r\n"].concat()
    }

    #[test]
    fn what_multipart_parsers_refuse_is_refused() {
        assert!(read("multipart/form-data", &mut b"--b--\r\n".as_slice()).is_err());
        for body in
            ["", "email=a", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue", "--b\r\n\r\na\r\n--b--"]
        {
            assert!(parts(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn nothing_may_stand_around_the_form() {
        let form = form("name=\"a\"", &[b'x'; 200_000]);
        let without_line_break = &form[..form.len() - 2];
        assert!(parts(&form).is_ok() && parts(without_line_break).is_ok());
        for (before, after) in [("x", ""), ("\r\n", ""), ("", "x"), ("", "\r\n"), ("", "--b--\r\nx")] {
            let body = [before.as_bytes(), &form, after.as_bytes()].concat();
            assert!(parts(&body).is_err(), "{before:?} {after:?}");
        }
        // What follows is seen wherever multer has stopped to read.
        let piece = form[form.len() - PIECE..].to_vec();
        for more in 1..4 {
            let whole = [&form[..PIECE], &piece.repeat(more)].concat();
            assert!(parts(&whole).is_ok(), "multer passes over the pieces behind the form");
            assert!(parts(&[&whole[..], b"x"].concat()).is_err(), "{more}");
        }
    }

    #[test]
    fn the_closing_delimiter_alone_is_an_empty_form() {
        assert_eq!(parts(b"--b--\r\n"), Ok(Vec::new()));
        assert_eq!(read("Multipart/Form-Data; boundary=\"b\"", &mut b"--b--\r\n".as_slice()), Ok(Vec::new()));
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let text = parts(&form("name=\"email\"", "ä\r\nb".as_bytes())).unwrap();
        assert_eq!((text[0].name.as_str(), text[0].text()), ("email", Some("ä\r\nb")));
        let file =
            parts(&form("name=\"f\"; filename=\"a.png\"\r\nContent-Type: image/png", &[0, 13, 10, 255])).unwrap();
        assert_eq!((file[0].encoding, file[0].length), (Encoding::Binary, 4));
        assert_eq!((file[0].file_name.as_deref(), file[0].content_type.as_deref()), (Some("a.png"), Some("image/png")));
        assert_eq!((file[0].text(), file[0].content.as_deref()), (None, Some([0, 13, 10, 255].as_slice())));
    }

    #[test]
    fn documents_as_text_are_decoded() {
        for (name, content, encoding, length) in [
            ("docFile", "YWJj", Encoding::Base64, 3),
            ("docFile", "https://example.com/a.png", Encoding::Text, 25),
            ("docFile", r#"{"filename":"a","contents":"YWJj"}"#, Encoding::Object, 3),
            ("nameFirst", "Anna", Encoding::Text, 4),
        ] {
            let parts = parts(&form(&format!("name=\"{name}\""), content.as_bytes())).unwrap();
            assert_eq!((parts[0].encoding, parts[0].length), (encoding, length), "{content}");
        }
        let long = parts(&form("name=\"scan\"", &b"YWJj".repeat(20_000))).unwrap();
        assert_eq!((long[0].encoding, long[0].length), (Encoding::Base64, 60_000));
        assert!(parts(&form("name=\"docFile\"", b"{\"a\":1}")).is_err());
    }

    /// A body that is made while it is read, and that counts what was taken from it.
    struct Made<'a> {
        head: &'a [u8],
        left: usize,
        tail: &'a [u8],
    }

    impl Read for Made<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if !self.head.is_empty() {
                return self.head.read(out);
            }
            let length = out.len().min(self.left);
            if length == 0 {
                return self.tail.read(out);
            }
            out[..length].fill(b'x');
            self.left -= length;
            Ok(length)
        }
    }

    #[test]
    fn a_large_file_is_never_held_whole() {
        let form = form("name=\"f\"; filename=\"a\"", b"");
        let (head, tail) = form.split_at(form.len() - b"\r\n--b--\r\n".len());
        let length = 20_000_000;
        let mut body = Made { head, left: length, tail };
        let mut ends = Ends::default();
        let pieces = Pieces { body: &mut body, piece: vec![0; PIECE], ends: &mut ends, pause: false };
        let mut form = multer::Multipart::new(pieces, "b");
        let (mut total, mut largest) = (0, 0);
        futures_executor::block_on(async {
            let mut field = form.next_field().await.unwrap().unwrap();
            while let Some(piece) = field.chunk().await.unwrap() {
                total += piece.len();
                largest = largest.max(piece.len());
            }
        });
        assert_eq!(total, length);
        assert!(largest <= 2 * PIECE, "{largest}");
    }
}
