//! HTTP/1.1 by hand, so that the load costs little beside what is measured. Understands only what
//! the servers of the bench send.

use std::io;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1_024),
        })
    }

    /// Sends a request, reads its answer, shows each piece of the body as it arrives, and returns
    /// the status.
    pub async fn exchange(
        &mut self,
        request: &[u8],
        mut arrived: impl FnMut(&[u8]),
    ) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        let end = self.read_until(b"\r\n\r\n").await?;
        let head = parse_head(&self.buffer[..end])?;
        self.take(end);
        match head.length {
            Some(length) => {
                self.read_at_least(length).await?;
                arrived(&self.buffer[..length]);
                self.take(length);
            }
            None => loop {
                let end = self.read_until(b"\r\n").await?;
                let length = chunk_length(&self.buffer[..end - 2])?;
                self.take(end);
                self.read_at_least(length + 2).await?;
                arrived(&self.buffer[..length]);
                self.take(length + 2);
                if length == 0 {
                    break;
                }
            },
        }
        Ok(head.status)
    }

    async fn read_until(&mut self, mark: &[u8]) -> io::Result<usize> {
        loop {
            if let Some(place) = memmem::find(&self.buffer, mark) {
                return Ok(place + mark.len());
            }
            self.read().await?;
        }
    }

    async fn read_at_least(&mut self, length: usize) -> io::Result<()> {
        while self.buffer.len() < length {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn take(&mut self, length: usize) {
        self.buffer.drain(..length);
    }
}

struct Head {
    status: u16,
    /// None for a body in chunks.
    length: Option<usize>,
}

fn parse_head(head: &[u8]) -> io::Result<Head> {
    let text = std::str::from_utf8(head).map_err(io::Error::other)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no status line"))?;
    for line in lines {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            let length = value.trim().parse().map_err(io::Error::other)?;
            return Ok(Head {
                status,
                length: Some(length),
            });
        }
    }
    Ok(Head {
        status,
        length: None,
    })
}

fn chunk_length(line: &[u8]) -> io::Result<usize> {
    let text = std::str::from_utf8(line).map_err(io::Error::other)?;
    let number = text.split(';').next().unwrap_or_default().trim();
    usize::from_str_radix(number, 16).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_with_and_without_a_length_are_read() {
        let head = parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n").unwrap();
        assert_eq!((head.status, head.length), (200, Some(12)));
        let head = parse_head(b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        assert_eq!((head.status, head.length), (503, None));
        assert!(parse_head(b"nonsense\r\n\r\n").is_err());
        assert_eq!(chunk_length(b"1f; x").unwrap(), 31);
    }

    #[tokio::test]
    async fn an_answer_in_chunks_arrives_piece_by_piece() {
        let upstream = crate::upstream::Upstream::start();
        let address = upstream
            .endpoint()
            .replace("http://", "")
            .replace("/v1", "");
        let body = r#"{"model":"any","stream":true,"chunks":3}"#;
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut connection = Connection::open(&address).await.unwrap();
        for _ in 0..2 {
            let mut text = Vec::new();
            let status = connection
                .exchange(request.as_bytes(), |piece| text.extend_from_slice(piece))
                .await;
            assert_eq!(status.unwrap(), 200);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(
                text.matches("data: ").count(),
                5,
                "three words, the end, [DONE]: {text}"
            );
        }
    }
}
