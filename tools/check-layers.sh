#!/bin/sh
# check-layers.sh [LIBRARY]: print every include and call that crosses a layer or
# has another owner, and every symbol that the library should not have. Silent
# and 0 when all is well.
library=${1:-}

quoted() { grep -Hn '#include "' "$@" 2>/dev/null | grep -vE "$allow"; }

owned() { # owned PATTERN OWNERS: only they may include <PATTERN>
    grep -HnE "#include <$1" src/*.h src/*/*.[ch] 2>/dev/null |
        grep -vE "^src/($2):"
}

called() { # called FUNCTION OWNERS: only they may call it
    grep -HnE "(^|[^A-Za-z0-9_])$1 *\(" src/*/*.c | grep -vE "^src/($2):"
}

# What a function of its arguments needs: memory, strings, numbers, formatting
# to memory, cJSON, and the way out when memory is gone.
pure='mem[a-z]+|str[a-z]+|malloc|calloc|realloc|free|qsort|bsearch|v?snprintf|cJSON_[A-Za-z]+|tolower|toupper|is[a-z]+|__ctype_[a-z_]+|(ceil|floor|round|fabs|fmod|pow|log10|frexp|ldexp|modf|l?lround)|fputs|fwrite|fprintf|stderr|_exit|_Exit|abort|__assert_fail|__errno_location|__(mem|str|v?snprintf|fprintf|v?fprintf)[a-z]*_chk|__stack_chk_fail|__isoc[0-9]+_(str[a-z]+)'
weak='_ITM_[A-Za-z]+|__gmon_start__|__cxa_finalize'

symbols() {
    nm -D --undefined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' |
        grep -vxE "$pure|$weak" | sed "s|^|$library: needs |"
    nm -D --defined-only "$library" | awk '{ print $NF }' |
        grep -v '^dc_' | sed "s|^|$library: exports |"
}

{
    allow='"base/|"deepchat\.h"'
    quoted src/base/*.[ch]
    allow='"(base|core)/|"deepchat\.h"'
    quoted src/core/*.[ch]
    allow='"(base|host)/|"deepchat\.h"'
    quoted src/host/*.[ch]
    owned 'curl/' 'host/http\.c'
    owned 'msgpack' 'host/rpc\.c'
    owned '(poll\.h|sys/(epoll|select|event))' 'host/loop\.c'
    owned 'c[jJ][sS][oO][nN]/' 'core/[a-z_]+\.[ch]|host/json\.c'
    owned '(unistd|fcntl|time|signal|pthread|dirent|sys/.*)\.h' 'host/[a-z_]+\.[ch]'
    called '(secure_)?getenv' 'host/config\.c'
    called 'p?poll' 'host/loop\.c'
    called 'curl_multi_(poll|wait)' 'host/http\.c'
    [ -z "$library" ] || symbols
} | { ! grep .; }
