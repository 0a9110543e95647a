# Reads the value of OPTIONS from line `at` on; 1 when its quotes are balanced, 0 when one is missing. Sets `last` (the
# line on which it ends), `end` (the place behind it), `plain` (its text without quotes), and where quotes open and close.
function lex(    n, i, c, s, from, goes_on) {
    state = ""; quotes = 0; escaped = 0; plain = ""
    for (n = at; n <= NR; n++) {
        s = line[n]
        from = 1
        if (n == at) {
            from = index(s, "=") + 1
        } else if (state != "" && (s ~ /^[ \t]*[A-Za-z_][A-Za-z0-9_]*=/ || s ~ /^[ \t]*[#;]/ || s ~ /^[ \t\r]*$/)) {
            # No value goes on with an assignment or a comment: the quote was never closed.
            last = n - 1
            return 0
        }
        goes_on = 0
        end = length(s) + 1
        for (i = from; i <= length(s); i++) {
            c = substr(s, i, 1)
            if (state == "" && c == "#" && i > from && substr(s, i - 1, 1) ~ /[ \t]/) {
                end = i
                break
            }
            if (c == "\\" && i == length(s)) {
                # The line goes on; for old systemds in single quotes too.
                escaped = 1
                goes_on = 1
            } else if (c == "\\" && state != single) {
                escaped = 1
                plain = plain substr(s, ++i, 1)
            } else if (state == "" && (c == single || c == "\"")) {
                state = c; quotes++; open_line = n; open_at = i
            } else if (c == state) {
                state = ""; quotes++; closed_line = n; closed_at = i
            } else {
                plain = plain c
            }
        }
        if (state == "" && !goes_on) {
            last = n
            return 1
        }
        plain = plain " "
    }
    last = NR
    return state == ""
}

function present(    n, i, word) {
    n = split(plain, word, /[ \t\r]+/)
    for (i = 1; i <= n; i++) {
        if (word[i] == flag) return 1
        if (word[i] == "--insecure-registry" && word[i + 1] == registry) return 1
    }
    return 0
}

# The text without white space at its end, which is left in `rest`.
function cut(s) {
    match(s, /[ \t\r]*$/)
    rest = substr(s, RSTART)
    return substr(s, 1, RSTART - 1)
}

function spaced(s) {
    return s == "" || s ~ /[ \t]$/ ? s : s " "
}

function add(    s, from, value, tail) {
    s = line[last]
    tail = substr(s, end)
    if (quotes && closed_line == last && substr(s, closed_at + 1, end - closed_at - 1) ~ /^[ \t\r]*$/) {
        from = substr(s, 1, closed_at - 1)
        if (!(open_line == last && open_at == closed_at - 1)) from = from == "" ? " " : spaced(from)
        line[last] = from flag substr(s, closed_at)
    } else if (!quotes && !escaped) {
        from = index(s, "=")
        value = cut(substr(s, from + 1, end - from - 1))
        line[last] = substr(s, 1, from) "\"" spaced(value) flag "\"" rest tail
    } else {
        value = cut(substr(s, 1, end - 1))
        line[last] = value "\\ " flag rest tail
    }
}

# Closes what was left open, and adds `text` before.
function mend(text,    s, from, tail, empty) {
    s = cut(line[last])
    tail = rest ~ /\r/ ? "\r" : ""
    from = index(line[at], "=")
    empty = open_line == last && open_at == length(s)
    if (quotes == 1 && last == at && open_at == length(s) && open_at > from + 1) {
        # It is the opening quote that is missing.
        s = substr(s, 1, from) state substr(s, from + 1, open_at - from - 1)
        empty = 0
    }
    if (text != "" && !empty) s = spaced(s)
    line[last] = s text state tail
}

# Takes the flag out once, with the white space before it.
function take_out(    n, s, from, p, before, after) {
    for (n = at; n <= last; n++) {
        s = line[n]
        for (from = 1; (p = index(substr(s, from), flag)) > 0; from = p + 1) {
            p += from - 1
            before = substr(s, 1, p - 1)
            after = substr(s, p + length(flag))
            # The flag of a registry whose name only begins like this one.
            if (after != "" && after !~ /^[ \t\r"\\#]/ && substr(after, 1, 1) != single) continue
            if (before ~ /[ \t]$/) sub(/\\?[ \t]$/, "", before)
            else sub(/^[ \t]/, "", after)
            line[n] = before after
            return
        }
    }
}

BEGIN {
    single = sprintf("%c", 39)
    registry = ENVIRON["EXTREG_REGISTRY"]
    flag = "--insecure-registry=" registry
}

{
    line[NR] = $0
    if ($0 ~ /^[ \t]*OPTIONS=/) at = NR
}

END {
    count = NR
    if (ENVIRON["EXTREG_ACTION"] == "present") {
        if (at) lex()
        print at && present() ? "yes" : "no"
        exit
    }
    if (ENVIRON["EXTREG_ACTION"] == "remove") {
        if (at) {
            lex()
            take_out()
        }
    } else if (!at) {
        line[++count] = "OPTIONS=\"" flag "\""
    } else if (lex()) {
        if (!present()) add()
    } else {
        mend(present() ? "" : flag)
    }
    for (n = 1; n <= count; n++) print line[n]
}
