#!/bin/sh
# Make certificates for the TLS tests: make-certs.sh OUTDIR
#   ca.pem           the authority that the tests trust
#   good.pem         for 127.0.0.1 and localhost
#   expired.pem      the same, over since 2001
#   wrongname.pem    for wrong.invalid
#   selfsigned.pem   for 127.0.0.1 and localhost, signed by itself
# each with its key in NAME.key. Not for anything but tests.
set -eu

out=${1:?usage: make-certs.sh OUTDIR}
mkdir -p "$out"
cd "$out"
umask 077

names="subjectAltName=IP:127.0.0.1,DNS:localhost"

key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}

config() {
    printf '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=%s\n' "$1"
}

# selfsign NAME CN EXTENSION...
selfsign() {
    name=$1 cn=$2
    shift 2
    key "$name"
    {
        config "$cn"
        printf '[ext]\n'
        printf '%s\n' "$@"
    } >"$name.cnf"
    openssl req -new -x509 -sha256 -days 3650 -key "$name.key" \
        -config "$name.cnf" -extensions ext -out "$name.pem"
}

# issue NAME EXTENSION [DATES...]: signed by the authority
issue() {
    name=$1 extension=$2
    shift 2
    key "$name"
    config "DeepChat test $name" >"$name.cnf"
    openssl req -new -sha256 -key "$name.key" -config "$name.cnf" \
        -out "$name.csr"
    mkdir -p authority
    : >authority/index.txt
    echo 01 >authority/serial
    cat >authority.cnf <<END
[ca]
default_ca=test
[test]
dir=authority
database=authority/index.txt
new_certs_dir=authority
serial=authority/serial
default_md=sha256
policy=any
unique_subject=no
[any]
commonName=supplied
[ext]
$extension
END
    openssl ca -batch -notext -config authority.cnf -extensions ext \
        -cert ca.pem -keyfile ca.key -in "$name.csr" -out "$name.pem" "$@" \
        2>authority/messages || { cat authority/messages >&2; exit 1; }
}

selfsign ca "DeepChat test authority" "basicConstraints=critical,CA:TRUE" \
    "keyUsage=keyCertSign" "subjectKeyIdentifier=hash"
selfsign selfsigned "DeepChat test selfsigned" "$names"
issue good "$names" -days 3650
issue expired "$names" -startdate 20000101000000Z -enddate 20010101000000Z
issue wrongname "subjectAltName=DNS:wrong.invalid" -days 3650
rm -rf authority authority.cnf ./*.csr ./*.cnf
