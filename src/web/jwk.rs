//! Whether the numbers of a JWK are a key of its curve: upstream looks neither whether a point is on the curve nor
//! whether it belongs to the private number beside it.

use deno_core::op2;
use p256::elliptic_curve::sec1::{FromEncodedPoint, ModulusSize, ToEncodedPoint};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey};

/// Whether `point`, uncompressed, is a public key of a curve, and `secret`, unless it is empty, its private key.
#[op2(fast)]
pub fn op_web_is_ec_key(#[string] curve: &str, #[buffer] point: &[u8], #[buffer] secret: &[u8]) -> bool {
    match curve {
        "P-256" => is_key::<p256::NistP256>(point, secret),
        "P-384" => is_key::<p384::NistP384>(point, secret),
        "P-521" => is_key::<p521::NistP521>(point, secret),
        _ => false,
    }
}

fn is_key<C>(point: &[u8], secret: &[u8]) -> bool
where
    C: CurveArithmetic,
    AffinePoint<C>: FromEncodedPoint<C> + ToEncodedPoint<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let Ok(public) = PublicKey::<C>::from_sec1_bytes(point) else {
        return false;
    };
    secret.is_empty() || SecretKey::<C>::from_slice(secret).is_ok_and(|secret| secret.public_key() == public)
}

#[cfg(test)]
mod tests {
    use super::is_key;
    use p256::elliptic_curve::sec1::ToEncodedPoint;

    #[test]
    fn knows_a_pair_from_what_is_none() {
        let mut secret = [7; 32];
        let pair = p256::SecretKey::from_slice(&secret).expect("a number in the range");
        let mut point = pair.public_key().to_encoded_point(false).as_bytes().to_vec();
        assert!(is_key::<p256::NistP256>(&point, &[]));
        assert!(is_key::<p256::NistP256>(&point, &secret));
        secret[31] += 1;
        assert!(!is_key::<p256::NistP256>(&point, &secret));
        assert!(!is_key::<p256::NistP256>(&point, &secret[1..]));
        point[64] ^= 1;
        assert!(!is_key::<p256::NistP256>(&point, &[]));
    }
}
