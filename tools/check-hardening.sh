#!/bin/sh
# check-hardening.sh FILE...: print which protections a linked file lacks, and any
# library path but $ORIGIN.
need() { # need FILE WHAT PATTERN READELF-OPTIONS...
    file=$1 what=$2 pattern=$3
    shift 3
    readelf -W "$@" "$file" | grep -qE "$pattern" || echo "$file: no $what"
}

{
    for each; do
        [ -e "$each" ] || { echo "$each: not built" && continue; }
        need "$each" 'position independence' 'Type: +DYN' -h
        need "$each" 'RELRO' 'GNU_RELRO' -l
        need "$each" 'immediate binding' 'BIND_NOW|Flags:.* NOW' -d
        need "$each" 'stack that cannot be run' 'GNU_STACK.* RW +0x' -l
        need "$each" 'stack protector' '__stack_chk_fail' --dyn-syms
        need "$each" 'fortified calls' '_chk@' --dyn-syms
        readelf -W -l "$each" | grep -q 'LOAD.* RWE' && echo "$each: writable code"
        readelf -d "$each" | grep -E 'R(UN)?PATH' | grep -vF '[$ORIGIN]' |
            sed "s|^|$each: |"
    done
} | { ! grep .; }
