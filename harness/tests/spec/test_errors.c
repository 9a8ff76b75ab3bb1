/* What the reader says of wrong specs, word for word. */
#include "harness/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct wrong {
    const char *yaml;
    const char *errors; /* "line:column: text", one a line */
};

static void assert_errors(const struct wrong *wrong, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct suite suite = {0};
        char got[4096] = "";
        size_t len = 0;
        const struct spec *spec = spec_read_memory(&suite, "x.yaml", wrong[i].yaml, strlen(wrong[i].yaml));
        for (size_t k = 0; k < suite.error_count && len < sizeof got; k++) {
            const struct spec_error *e = &suite.error[k];
            assert_string_equal(e->at.file, "x.yaml");
            len += (size_t)snprintf(got + len, sizeof got - len, "%u:%u: %s\n", e->at.line, e->at.column, e->text);
        }
        assert_string_equal(got, wrong[i].errors);
        assert_null(spec);
        suite_free(&suite);
    }
}
#define HEAD "title: t\ncovers: [MUST-3]\n"
#define STEPS HEAD "steps:\n"

static void yaml__what_a_spec_must_not_hold__is_refused(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {"", "1:1: an empty file; a spec has title, covers and steps\n"},
        {"# only\n", "1:1: an empty file; a spec has title, covers and steps\n"},
        {"- a\n", "1:1: a list where the keys of a spec belong: 'title: ...'\n"},
        {HEAD "steps: &x\n"
              "  - fence:\n",
         "3:8: anchors are not allowed; text that begins with '&' must stand in quotes\n"},
        {HEAD "parameters: {a: [*]}\n"
              "steps:\n"
              "  - fence:\n",
         "3:19: not YAML: did not find expected alphabetic or numeric character; text that begins with * or & must stand in quotes\n"},
        {HEAD "parameters: {a: [*x]}\n"
              "steps:\n"
              "  - fence:\n",
         "3:18: aliases are not allowed; text that begins with '*' must stand in quotes: \"*\"\n"},
        {HEAD "why: !!str x\n"
              "steps:\n"
              "  - fence:\n",
         "3:6: tags are not allowed; text that begins with '!' must stand in quotes\n"},
        {HEAD "title: u\n"
              "steps:\n"
              "  - fence:\n",
         "3:1: 'title' stands twice, first on line 1; each key stands once\n"},
        {STEPS "  - inject: <SEQ=1><DATA=\"a: b\">\n",
         "4:28: not YAML: mapping values are not allowed in this context; text with ': ' in it must stand in single quotes\n"},
        {STEPS "\t- fence:\n",
         "4:1: not YAML: found character that cannot start any token; indent with blanks, and quote text that begins with %, @ or `\n"},
        {STEPS "  - call: \"send\n", "4:11: not YAML: found unexpected end of stream; a quote is not closed\n"},
        {"title: t\n"
         "covers: [MUST-3\n"
         "steps:\n"
         "  - fence:\n",
         "2:9: not YAML: did not find expected ',' or ']'; a list or mapping in brackets is not closed, or a text in it needs quotes\n"},
        {STEPS "  - fence:\n"
               "---\n"
               "a: b\n",
         "5:1: a second document; one file holds one spec\n"},
        {STEPS "  - call: \"send \\0\"\n", "4:11: a NUL octet in text; write \\0 inside <DATA=\"...\">\n"},
        {"title: \303\251 \342\200\224 \303\274\n"
         "covers: [MUST-3]\n"
         "steps:\n"
         "  - '\303\251': 1\n"
         "  - inject: '<DATA=\"\303\251\"><AKC=1>'\n",
         "4:5: unknown step '\303\251'; steps are inject, expect, call, state, event, no-event, silence, one_of, acked, advance, auto-ack, expect-text, fence, let, check, repeat, raw\n"
         "5:25: unknown field 'AKC'; did you mean 'ACK'?\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

static void keys__unknown_or_misplaced__are_named(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {HEAD "tittle: x\n"
              "steps:\n"
              "  - fence:\n",
         "3:1: unknown key 'tittle' of a spec; did you mean 'title'?\n"},
        {"why: x\n", "1:1: a spec without `title`; it is required\n"
                     "1:1: a spec without `covers`; it is required\n"
                     "1:1: a spec without `steps`; it is required\n"},
        {"title: t\n"
         "covers: [MUST-399, SHLD-2x]\n"
         "steps:\n"
         "  - fence:\n",
         "2:10: unknown rule 'MUST-399'; did you mean 'MUST-39'?\n"
         "2:20: unknown rule 'SHLD-2x'; did you mean 'SHLD-2'?\n"},
        {"title: t\n"
         "covers: MUST-3\n"
         "steps:\n"
         "  - fence:\n",
         "2:9: text where a list of rules belongs: [MUST-3]\n"},
        {HEAD "when: timestamp\n"
              "ip: [5]\n"
              "steps:\n"
              "  - fence:\n",
         "3:7: unknown word 'timestamp'; did you mean 'timestamps'?\n"
         "4:6: unknown word '5'; versions are 4, 6\n"},
        {STEPS "  - exspect: <SEQ=1>\n", "4:5: unknown step 'exspect'; did you mean 'expect'?\n"},
        {STEPS "  - frobnicate: <SEQ=1>\n",
         "4:5: unknown step 'frobnicate'; steps are inject, expect, call, state, event, no-event, silence, one_of, acked, advance, auto-ack, expect-text, fence, let, check, repeat, raw\n"},
        {STEPS "  - fence\n", "4:5: 'fence' wants a colon behind it: - fence:\n"},
        {STEPS "  - inject: <SEQ=1>\n"
               "    expect: <SEQ=1>\n",
         "5:5: 'inject' and 'expect' in one step; begin a step of its own with '- expect:'\n"},
        {STEPS "  - within: 1 s\n", "4:5: a step without a verb; 'within' stands beside one, such as expect\n"},
        {STEPS "  - inject: <SEQ=1>\n"
               "    within: 1 s\n",
         "5:5: 'within' has no meaning beside inject; beside inject are rule, because, on, at\n"},
        {STEPS "  - expect: <SEQ=1>\n"
               "    withim: 1 s\n",
         "5:5: unknown key 'withim' beside expect; did you mean 'within'?\n"},
        {STEPS "  - inject: <SEQ=1>\n"
               "    on: z\n",
         "5:9: unknown connection 'z'; they are a to h\n"},
        {STEPS "  - expect: <SEQ=*><ACK=*>\n"
               "    since: 1 s\n",
         "4:5: `since` without `after`; write after: 1 s..2 s beside it\n"},
        {STEPS "  - expect: <SEQ=*><ACK=*>\n"
               "    at: t0\n",
         "5:9: `at` names the time of this step; write at: ?t\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

static void segments__wrong_fields__are_pointed_at(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {STEPS "  - inject: <SEQ=1><ACK=none><CTL=SYN>\n",
         "4:25: 'none' is not bound here; bind it in a step before: ?none, at: ?none or let\n"},
        {STEPS "  - inject: <SEQ=1><AKC=2><CTL=SYN>\n", "4:21: unknown field 'AKC'; did you mean 'ACK'?\n"},
        {STEPS "  - expect: <SEQ=1><CSUM=bad>\n",
         "4:21: CSUM has no place in an expect; the checksum is always checked\n"},
        {STEPS "  - inject: <SEQ=1><SEQ=2>\n", "4:21: <SEQ=2> stands twice; a field stands once\n"},
        {STEPS "  - inject: <LEN=1>\n",
         "4:14: LEN has no place in an inject; see section 2 of docs/spec-language.md\n"},
        {STEPS "  - inject: <SEQ=1\n", "4:19: the end where '>' belongs, to close <SEQ=\n"},
        {STEPS "  - inject: <CTL=SNY,ACK>\n", "4:18: unknown control bit 'SNY'; did you mean 'SYN'?\n"},
        {STEPS "  - inject: <CTL=SYN,SYN>\n", "4:22: SYN stands twice; once is enough\n"},
        {STEPS "  - expect: <SEQ=*><ACK=*><CTL=ACK,!SYN>\n",
         "4:36: !SYN says nothing: SYN, FIN, RST and ACK must be just as written\n"},
        {STEPS "  - expect: <SEQ=*><ACK=*><CTL=ACK,ECE,!ECE>\n", "4:40: ECE stands twice; once is enough\n"},
        {STEPS "  - inject: <CTL=SYN ACK>\n", "4:22: 'ACK>' where '>' belongs, to close <CTL=\n"},
        {HEAD "parameters: {kind: [2, 3], ctl: [SYN, ACK]}\n"
              "steps:\n"
              "  - inject: <OPT={kind}/{knd}:00><CTL={ctl}>\n"
              "  - inject: <OPT={ctl}:00>\n",
         "5:25: unknown parameter 'knd'; did you mean 'kind'?\n"
         "6:18: control bits where a number belongs\n"},
        {STEPS "  - inject: <IP.OPT=>\n"
               "  - inject: <IP.OPT=0x>\n"
               "  - expect: <SEQ=1><ACK=1><IP.OPT=01>\n",
         "4:21: 0 octets; the options of an IPv4 header take 1 to 40\n"
         "5:21: '0x>' where two hexadecimal digits belong: 45 00 or 4500\n"
         "6:28: IP.OPT has no place in an expect; see section 2 of docs/spec-language.md\n"},
        {STEPS "  - inject: <OPT=300:00>\n"
               "  - inject: <OPT=253>\n"
               "  - inject: <OPT=253:0>\n",
         "4:18: '300:00>' where a number of one octet belongs; write <OPT=253:00ff>\n"
         "5:21: '>' where ':' and octets in hex belong; write <OPT=253:00ff>\n"
         "6:22: '0>' where two hexadecimal digits belong: 45 00 or 4500\n"},
        {STEPS "  - inject: <IP.SRC=1.2.3>\n", "4:21: not an IP address; write 192.0.2.1 or 2001:db8::1\n"},
        {STEPS "  - inject: <SACK=1>\n"
               "  - expect: <TS=1><SEQ=*>\n",
         "4:20: '>' where ':' belongs; write <SACK=first:end>\n"
         "5:18: '><SEQ=*>' where ':' belongs; write <TS=value:echo>\n"},
        {STEPS "  - inject: <DATA=\"abc>\n"
               "  - inject: <DATA=\"a\\q\">\n",
         "4:19: text without its closing '\"'; write \"...\"\n"
         "5:21: unknown escape; there are \\n \\r \\t \\0 \\\" \\\\ and \\xHH\n"},
        {STEPS "  - raw: 45x\n"
               "  - raw: 456\n"
               "  - raw: ''\n"
               "  - inject: {raw: 45, b: 2}\n",
         "4:12: 'x' where two hexadecimal digits belong: 45 00 or 4500\n"
         "5:12: '6' where two hexadecimal digits belong: 45 00 or 4500\n"
         "6:10: 0 octets; an IP datagram has 1 to 65575\n"
         "7:13: a mapping behind inject has the key raw and no other: {raw: \"4500...\"}\n"},
        {STEPS "  - inject: ICMP(3)\n"
               "  - inject: ICMP(3,4) MTV=5\n"
               "  - inject: ICMP(3,4) MTU 5\n",
         "4:19: ')' where ',' belongs; write ICMP(3,4)\n"
         "5:23: unknown 'MTV=5'; did you mean 'MTU'?\n"
         "6:26: ' 5' where '=' belongs; write MTU=...\n"},
        {HEAD "why: >\n"
              "  abc\n"
              "steps:\n"
              "  - inject: >\n"
              "      <SEQ=1>\n"
              "      <AKC=1>\n",
         "8:8: unknown field 'AKC'; did you mean 'ACK'?\n"},
        {STEPS "  - inject: \"<SEQ=1><DATA=\\\"x\\\"><AKC=1>\"\n", "4:34: unknown field 'AKC'; did you mean 'ACK'?\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

static void values__unknown_or_impossible__are_pointed_at(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {STEPS "  - expect: <SEQ=rcv.nxtt><ACK=*>\n"
               "  - inject: <SEQ=foo+1>\n",
         "4:18: 'rcv.nxtt' is not bound here; did you mean 'rcv.nxt'?\n"
         "5:18: 'foo' is not bound here; bind it in a step before: ?foo, at: ?foo or let\n"},
        {STEPS "  - inject: <SEQ=x>\n"
               "  - expect: <SEQ=?x><ACK=*>\n",
         "4:18: 'x' is not bound here; bind it in a step before: ?x, at: ?x or let\n"},
        {STEPS "  - inject: <SEQ=*>\n", "4:18: '*' matches what comes; here a value is needed\n"},
        {STEPS "  - inject: <SEQ=?x>\n", "4:18: '?' names what comes; here a value is needed\n"},
        {STEPS "  - inject: <SEQ=1..2>\n", "4:18: a range matches what comes; here a value is needed\n"},
        {STEPS "  - expect: <SEQ=*+1>\n"
               "  - expect: <SEQ=1+*>\n",
         "4:19: '+1>' where '>' belongs, to close <SEQ=\n"
         "5:20: '*' stands alone in a pattern, not inside an expression; name the value first\n"},
        {STEPS "  - inject: <SEQ=4294967296>\n"
               "  - inject: <SEQ=99999999999999999999>\n"
               "  - advance: 99999999999 h\n"
               "  - inject: <WND=65536>\n"
               "  - inject: <SEQ=1.5>\n",
         "4:18: the number is too large; numbers go to 4294967295, times to 31 years\n"
         "5:18: the number is too large; numbers go to 4294967295, times to 31 years\n"
         "6:14: the number is too large; numbers go to 4294967295, times to 31 years\n"
         "7:18: 65536 is too large; WND holds 0 to 65535\n"
         "8:18: 1.5 is a fraction; SEQ holds a whole number\n"},
        {STEPS "  - inject: <SEQ=(1+2>\n"
               "  - inject: <SEQ=>\n"
               "  - inject: <SEQ=1 2>\n",
         "4:22: '>' where ')' belongs, to close the '(' of column 18\n"
         "5:18: '>' where a value belongs: a number, a name, {parameter}, \"text\" or (...)\n"
         "6:20: '2>' where '>' belongs, to close <SEQ=\n"},
        {HEAD "parameters: {a: [1, 2]}\n"
              "steps:\n"
              "  - inject: <SEQ={b}>\n",
         "5:18: unknown parameter 'b'; the parameters are a\n"},
        {HEAD "parameters: {a: [1, 2 s]}\n"
              "steps:\n"
              "  - inject: <SEQ={a}>\n",
         "3:21: a time among values that are each a number; a parameter has one type\n"},
        {HEAD "parameters: {a: 1}\n"
              "steps:\n"
              "  - inject: <SEQ={a}>\n",
         "3:17: text where a list of values belongs: [1, 2]\n"},
        {HEAD "parameters: {a: [x+1]}\n"
              "steps:\n"
              "  - inject: <SEQ={a}>\n",
         "5:18: {a} may be x+1, and 'x' is not bound yet; bind it in a step before\n"},
        {HEAD "parameters: {a: [\"*\"]}\n"
              "steps:\n"
              "  - inject: <SEQ={a}>\n",
         "5:18: {a} has a pattern among its values; here a value is needed\n"},
        {HEAD "parameters: {a: [SYN]}\n"
              "steps:\n"
              "  - inject: <SEQ={a}>\n",
         "5:18: control bits where a sequence number belongs\n"},
        {HEAD "parameters: {a: [hello]}\n"
              "steps:\n"
              "  - inject: <DATA={a}>\n"
              "  - call: send {a}\n",
         "5:19: {a} may be hello, and 'hello' is not bound yet; bind it in a step before\n"
         "6:16: {a} may be hello, and 'hello' is not bound yet; bind it in a step before\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

static void types__that_cannot_meet__are_told(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {STEPS "  - inject: <SEQ=1 s>\n", "4:18: a time where a sequence number belongs\n"},
        {STEPS "  - silence: 1\n", "4:14: a number where a time belongs; write the unit: 200 ms\n"},
        {STEPS "  - silence: 1 sec\n", "4:16: unknown unit 'sec'; units are us, ms, s, min, h\n"},
        {STEPS "  - silence: 1 sx\n"
               "  - advance: 200 mss\n",
         "4:16: unknown unit 'sx'; did you mean 's'?\n"
         "5:18: unknown unit 'mss'; did you mean 'ms'?\n"},
        {STEPS "  - expect: <SEQ=*>\n"
               "    after: 1..3 s\n",
         "5:13: from a number to a time is no range; both ends are of one kind, units included\n"},
        {STEPS "  - expect: <SEQ=*>\n"
               "    within: 1 s..3 s\n",
         "5:13: a range matches what comes; here a value is needed\n"},
        {STEPS "  - check: 1 s >= 1\n"
               "  - check: 1 + 2\n"
               "  - check: iss + irs > 1\n"
               "  - check: iss == 100 foo\n"
               "  - check: 1 - iss == 2\n",
         "4:16: a time and a number cannot be compared; write the unit: 200 ms\n"
         "5:17: the end where a comparison belongs: == != < <= > >=\n"
         "6:16: two sequence numbers cannot be added; one and a number can\n"
         "7:23: unknown unit 'foo'; units are us, ms, s, min, h\n"
         "8:14: a sequence number cannot be taken from a number; the reverse can\n"},
        {STEPS "  - expect: <SEQ=?x><ACK=*>\n"
               "    at: ?x\n",
         "5:9: 'x' is a sequence number already and cannot become a time; take another name\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

static void steps__wrong_words__are_told(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {STEPS "  - state: ESTABLISHD\n", "4:12: unknown state 'ESTABLISHD'; did you mean 'ESTABLISHED'?\n"},
        {STEPS "  - state: {state}\n",
         "4:12: a mapping where a state belongs; a parameter must stand in quotes: \"{state}\"\n"},
        {STEPS "  - state: \"{state}\"\n", "4:13: unknown parameter 'state'; name it under `parameters`\n"},
        {STEPS "  - call: sned 5\n"
               "  - call: set nodelya on\n"
               "  - call: set nodelay maybe\n"
               "  - call: listen 4\n"
               "  - call: connect now\n"
               "  - call: send\n"
               "  - call: receive\n"
               "  - call: connect fast-open\n"
               "  - call: connect fast-open \"x\" now\n",
         "4:11: unknown call 'sned'; did you mean 'send'?\n"
         "5:15: unknown setting 'nodelya on'; did you mean 'nodelay'?\n"
         "6:23: 'maybe' behind 'nodelay'; write set nodelay on, or off\n"
         "7:18: '4' behind listen; write listen, or listen backlog=4\n"
         "8:19: 'now' behind connect; write connect, or connect fast-open \"text\"\n"
         "9:15: the end where a value belongs: a number, a name, {parameter}, \"text\" or (...)\n"
         "10:18: the end where a value belongs: a number, a name, {parameter}, \"text\" or (...)\n"
         "11:28: the end where a value belongs: a number, a name, {parameter}, \"text\" or (...)\n"
         "12:33: 'now' is too much; the value ends before it\n"},
        {HEAD "parameters: {a: ['\"x\"']}\n"
              "steps:\n"
              "  - inject: <DATA={a}>\n"
              "  - call: send {a}\n",
         "6:16: a parameter of text has no place here, but in <DATA={name}>; write the text or its length\n"},
        {STEPS "  - repeat: {times: 1.5, steps: [{fence: }]}\n"
               "  - repeat: {times: 200, steps: [{repeat: {times: 200, steps: [{fence: }]}}]}\n",
         "4:21: 1.5 times; a whole number, at most 10000 with the repeats around it, belongs here\n"
         "5:51: 200 times; a whole number, at most 10000 with the repeats around it, belongs here\n"},
        {STEPS "  - event: acepted\n"
               "  - event: text 5 s\n"
               "  - event: eof now\n",
         "4:12: unknown event 'acepted'; did you mean 'accepted'?\n"
         "5:17: a time where text or its length belongs\n"
         "6:16: 'now' is too much behind 'eof'\n"},
        {STEPS "  - no-event: rset\n"
               "  - no-event: []\n"
               "  - no-event: [eof, {}]\n",
         "4:15: unknown event 'rset'; did you mean 'reset'?\n"
         "5:15: an empty list of events; name at least one\n"
         "6:21: a mapping where an event, such as reset, belongs\n"},
        {STEPS "  - one_of:\n"
               "      - expect: <SEQ=*>\n"
               "      - inject: <SEQ=1>\n",
         "6:9: inject is no branch; one_of chooses among expect, expect-text, event and silence\n"},
        {STEPS "  - one_of:\n"
               "      - expect: <SEQ=*>\n",
         "5:7: one branch is no choice; name at least two\n"},
        {STEPS "  - repeat: {times: 3}\n",
         "4:13: repeat takes times and steps, and nothing else: {times: 3, steps: [...]}\n"},
        {STEPS "  - let: {a-b: 1}\n"
               "  - let: x\n",
         "4:11: 'a-b' is no name; letters, digits and _ make one\n"
         "5:10: let takes names and values: {gap: t1-t0}\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

static void given__wrong_keys__are_told(void **unused)
{
    (void)unused;
    static const struct wrong table[] = {
        {HEAD "given: {stat: LISTEN}\n"
              "steps:\n"
              "  - fence:\n",
         "3:9: unknown key 'stat' of given; did you mean 'state'?\n"},
        {HEAD "given: {open: active}\n"
              "steps:\n"
              "  - fence:\n",
         "3:8: an active open leads to several states; write state: SYN-SENT or another\n"},
        {HEAD "given: {mtu: 1}\n"
              "steps:\n"
              "  - fence:\n",
         "3:14: '1' where a whole number from 68 to 65535 belongs\n"},
        {HEAD "given: {window: 0}\n"
              "steps:\n"
              "  - fence:\n",
         "3:17: '0' where a whole number from 1 to 65535 belongs\n"},
        {HEAD "given: {isn: iss}\n"
              "steps:\n"
              "  - fence:\n",
         "3:14: 'iss' has no value yet; `given` takes numbers and parameters\n"},
        {HEAD "given: {options: {mms: 1}}\n"
              "steps:\n"
              "  - fence:\n",
         "3:19: unknown key 'mms' of options; did you mean 'mss'?\n"},
        {HEAD "given: {state: {state}}\n"
              "steps:\n"
              "  - fence:\n",
         "3:16: a mapping where a state belongs\n"},
    };
    assert_errors(table, sizeof table / sizeof table[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml__what_a_spec_must_not_hold__is_refused),
        cmocka_unit_test(keys__unknown_or_misplaced__are_named),
        cmocka_unit_test(segments__wrong_fields__are_pointed_at),
        cmocka_unit_test(values__unknown_or_impossible__are_pointed_at),
        cmocka_unit_test(types__that_cannot_meet__are_told),
        cmocka_unit_test(steps__wrong_words__are_told),
        cmocka_unit_test(given__wrong_keys__are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
