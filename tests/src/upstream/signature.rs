//! Checks AWS signatures, version 4, by making them again from the request as it arrived. Written
//! from the description, without the library that Gatehouse signs with.

use sha2::{Digest, Sha256};

use super::Received;

/// The access key that the fake knows.
pub const KEY_ID: &str = "AKIDEXAMPLE";

/// Its secret.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Why a signature is not right; the region that it is for when it is.
pub fn check(request: &Received) -> Result<String, String> {
    let header = request.header("authorization");
    let fields = header
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or("no AWS4-HMAC-SHA256")?;
    let field = |name: &str| {
        fields
            .split(", ")
            .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
            .ok_or(format!("no {name}"))
    };
    let (credential, signed, signature) = (
        field("Credential")?,
        field("SignedHeaders")?,
        field("Signature")?,
    );
    let [id, date, region, service, end] = credential.split('/').collect::<Vec<_>>()[..] else {
        return Err(format!("a credential of another form: {credential}"));
    };
    if (id, service, end) != (KEY_ID, "bedrock", "aws4_request") {
        return Err(format!("a credential for something else: {credential}"));
    }
    for needed in ["host", "x-amz-date"] {
        if !signed.split(';').any(|name| name == needed) {
            return Err(format!("{needed} is not signed"));
        }
    }
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let headers: String = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", request.header(name).trim()))
        .collect();
    let canonical = format!(
        "{}\n{}\n{query}\n{headers}\n{signed}\n{}",
        request.method,
        encoded_again(path),
        hex(&Sha256::digest(&request.bytes)),
    );
    let scope = format!("{date}/{region}/{service}/{end}");
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        request.header("x-amz-date"),
        hex(&Sha256::digest(canonical))
    );
    let start = format!("AWS4{SECRET}").into_bytes();
    let key = [date, region, service, end]
        .iter()
        .fold(start, |key, part| hmac(&key, part.as_bytes()));
    if hex(&hmac(&key, text.as_bytes())) == signature {
        Ok(region.to_owned())
    } else {
        Err("The request signature we calculated does not match the signature you provided.".into())
    }
}

/// The path once more, as every service but S3 wants it: `%3A` becomes `%253A`.
fn encoded_again(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner);
    outer.finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of RFC 4231, test case 2.
    #[test]
    fn the_hash_is_that_of_the_standard() {
        let mac = hex(&hmac(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(
            mac,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_colon_that_was_encoded_is_encoded_again() {
        assert_eq!(
            encoded_again("/model/a.b-v1%3A0/x"),
            "/model/a.b-v1%253A0/x"
        );
        assert_eq!(encoded_again("/model/a:0/x"), "/model/a%3A0/x");
    }
}
