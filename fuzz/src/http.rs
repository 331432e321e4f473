//! A second reading of HTTP answers, which shares no code with the library's or ureq-proto's.

pub struct Clean {
    pub status: u16,
    pub body: Vec<u8>,
}

/// The answer that the bytes are beyond doubt: a whole one, plainly written, with a length. `None` says nothing.
pub fn answer(bytes: &[u8]) -> Option<Clean> {
    let (head, rest) = head_and_rest(bytes)?;
    if head.len() > 8 * 1024 {
        return None;
    }
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?;
    let status = match status.split_once(' ')? {
        (code, reason) if code.len() == 3 && reason.bytes().all(|byte| byte.is_ascii_alphabetic()) => code,
        _ => return None,
    };
    let status = status.parse().ok().filter(|code| (200..=599).contains(code) && ![204, 205, 304].contains(code))?;
    let mut length = None;
    let mut is_chunked = false;
    let headers: Vec<_> = lines.collect();
    if headers.len() > 20 {
        return None;
    }
    for header in headers {
        let (name, value) = header.split_once(": ")?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') {
            return None;
        }
        if value.is_empty() || value.trim() != value || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return None;
        }
        match name.to_ascii_lowercase().as_str() {
            "content-length" if length.is_none() => length = Some(number(value, 10)?),
            "transfer-encoding" if value == "chunked" && !is_chunked => is_chunked = true,
            "content-length" | "transfer-encoding" | "content-encoding" | "connection" | "upgrade" => return None,
            _ => {}
        }
    }
    let body = match (length, is_chunked) {
        (Some(length), false) => rest.get(..length)?.to_vec(),
        (None, true) => chunks(rest)?,
        _ => return None,
    };
    Some(Clean { status, body })
}

/// Every body that the bytes may have under any reading: what follows each empty line, whole, cut at each length that
/// stands in a header, or put together from its chunks.
pub fn bodies(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let lengths: Vec<usize> = text
        .match_indices("content-length")
        .filter_map(|(at, name)| text[at + name.len()..].lines().next()?.split(':').nth(1)?.trim().parse().ok())
        .collect();
    let ends: Vec<usize> = ["\n\r\n", "\n\n"]
        .iter()
        .flat_map(|end| {
            let windows = bytes.windows(end.len()).enumerate();
            windows.filter(|(_, window)| *window == end.as_bytes()).map(|(at, _)| at + end.len())
        })
        .collect();
    let mut bodies = Vec::new();
    for end in ends {
        let rest = &bytes[end..];
        bodies.push(rest.to_vec());
        bodies.extend(lengths.iter().filter_map(|length| rest.get(..*length)).map(<[u8]>::to_vec));
        bodies.extend(loose_chunks(rest, b"\n"));
        bodies.extend(loose_chunks(rest, b"\r\n"));
    }
    bodies.into_iter()
}

fn head_and_rest(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((&bytes[..end], &bytes[end + 4..]))
}

/// Up to five digits and no sign: beyond is not plainly written.
fn number(digits: &str, radix: u32) -> Option<usize> {
    let is_plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| char::from(byte).is_digit(radix));
    is_plain.then(|| usize::from_str_radix(digits, radix).ok()).flatten()
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = number(std::str::from_utf8(&rest[..end]).ok()?, 16)?;
        rest = &rest[end + 2..];
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
        if size == 0 {
            return Some(body);
        }
    }
}

/// With extensions, signs, spaces, bare line feeds, and without its last chunk. `line_end` ends the line of a size.
fn loose_chunks(mut rest: &[u8], line_end: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(line_end.len()).position(|window| window == line_end) {
        let line = String::from_utf8_lossy(&rest[..end]);
        let size = line.split(';').next()?.trim();
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        rest = &rest[end + line_end.len()..];
        if size == 0 {
            break;
        }
        let piece = rest.get(..size)?;
        body.extend_from_slice(piece);
        rest = &rest[size..];
        rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    Some(body)
}
