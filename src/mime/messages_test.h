// SPDX-License-Identifier: Apache-2.0
// Starling: odd messages for tests: each breaks some rule, or uses one that is rarely used. '\n' stands for CRLF (messages_load()).
#ifndef MIME_MESSAGES_TEST_H
#define MIME_MESSAGES_TEST_H

#include "base/buf.h"

#define M(text)                                                                                    \
	{                                                                                          \
		"" text, sizeof(text) - 1                                                          \
	}
static const struct span messages[] = {
	M(""),
	M("\n"),
	M("\r"),
	M("From: a"),
	M("From: a@b\n\n"),
	M("no header at all"),
	M("no header at all\n\nbut a body\n"),
	M("Subject: \xe9\xff \xc3\xa9 =?utf-8?q?x?= \xc3\xa9 =?utf-8?q?y?=\nFrom: \xe9 "
	  "<\xe9@\xe9>, x <y@\xc3\xa9.test>\n\nx"),
	M("Subject: a\0b\nFrom: \"a\\\"b\\\\c\" <d@e>\nTo: :;\nCc: ;;,,\nBcc: g:a@b\nDate: "
	  "\0\n\n\0"),
	M("From: <@a,@b:c@d>\nSender:\nReply-To: ,\nTo: (c)\nIn-Reply-To:\nMessage-ID: \n\n"),
	M("From: a\nFrom: b@c\nTo: d@e\nTo: g:\nTo: f@g\nSubject: one\nSubject: two\n\n"),
	M("Subject: folded\n\tonce\n  twice\n \nTo: a\n ,b\n\n"),
	M("Subject: bare\rcr\n\nx\ry\r\rz"),
	M("Content-Type: text\n\nx"),
	M("Content-Type: /plain\n\nx"),
	M("Content-Type: text/\n\nx"),
	M("Content-Type: ;;;\n\nx"),
	M("Content-Type: text/plain; charset\n\nx"),
	M("Content-Type: text/plain; charset=; =x; a==b; \"q\"=1; x=\"\n\nx"),
	M("Content-Type: text/plain charset=us-ascii (comment) format=flowed\n\nx"),
	M("Content-Type: TEXT/HTML; Charset=\"utf-8\"; name=my file.pdf; "
	  "n=\"a\\\"b\"\nContent-Transfer-Encoding: x-foo bar\n\nx"),
	M("Content-Type: text/plain; name*0*=iso-8859-1'de'%E4; name*1=b; name*2*=%C; name*4=gap; "
	  "x*=y; z*1=no\n\n"),
	M("Content-Type: text/plain; name=\"\xe4\xff\"; title*=utf-8''%C3%A9\"; *=1; **=2; *0=3; "
	  "a*99999=4\n\n"),
	M("Content-Type: application/x-\xe9; a=b\n\n"),
	M("Content-Type: image/png\nContent-Disposition: attachment; filename=\"a b\"; "
	  "filename*=utf-8''a%20b\nContent-ID: <x@y>\n"
	  "Content-Description: d\xe9sc\nContent-MD5: Q2hlY2s=\nContent-Language: en, (c) "
	  "de,,fr\nContent-Location: http://x/\n y\n"
	  "Content-Transfer-Encoding: BASE64\n\nAAAA\n"),
	M("Content-Disposition: ; x=y\nContent-Language: ,\nContent-ID:\nContent-Location:\n\n"),
	M("Content-Type: multipart/mixed\n\n--b\n\nx\n"),
	M("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n"),
	M("Content-Type: multipart/mixed; boundary=b\n\nno parts\n"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b--\n"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b\n"),
	M("Content-Type: multipart/mixed; boundary=b\n--b\n\nin the header\n--b--\n"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n--b\nX: "
	  "y\n--b\n\n--b--\nepilogue\n--b\n\nnot a part\n"),
	M("Content-Type: multipart/mixed; boundary=\"b  \"\n\npreamble\n--b \t\nContent-Type: "
	  "text/html\n\nx\n--bc\n\ny\n--b-- \n"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; "
	  "boundary=b\n\n--b\n\nx\n--b--\n--b\n\ny\n--b--\n"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
	  "boundary=bb\n\n--bb\n\nx\n--b\n\ny\n--bb\n\nz\n--b--\n"),
	M("Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: multipart/mixed; "
	  "boundary=b\n\n--b\n\nx\n--bb\n\ny\n--b\n\nz\n--bb--\n"),
	M("Content-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n\nx\n--b----\n"),
	M("Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: a@b\n\nx\n--b\nContent-Type: "
	  "text/plain\n\nx\n--b\n--b\n\n--b--\n"),
	M("Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nContent-Type: "
	  "message/rfc822\n\n"),
	M("Content-Type: message/rfc822\n"),
	M("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nRnJvbTogYQ==\n"),
	M("Content-Type: message/global\n\nSubject: \xc3\xa9\nContent-Type: message/global; "
	  "x=\xc3\xa9\n\n\n"),
	M("Content-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n\nx\n"),
	M("Content-Type: message/partial; id=1\n\nx\n"),
	M("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: "
	  "base64\n\n--b\nContent-Type: message/rfc822\n\n"
	  "Subject: x\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b\nContent-Type: "
	  "message/rfc822\n--b--"),
	M("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
	  "message/rfc822\n\nSubject: x\n--b--\n"),
	M("Content-Type: text/plain\nContent-Type: text/html\nContent-Transfer-Encoding:\n\n"),
	M("Content-Type: text/plain; \xe9=x; \xc3\xa9y=z; a\xff*=utf-8''b\n\n"),
	M("=?utf-8?q?x?=: y\nTo: =?utf-8?q?a,b?= <c@d>, \"=?utf-8?q?e?=\" <f@g>\nSubject: =?\n =?= "
	  "?=\n\n"),
};
#undef M

static inline void messages_load(size_t i, struct buf *to)
{
	for (size_t k = 0; k < messages[i].n; k++) {
		if (messages[i].p[k] == '\n')
			buf_addc(to, '\r');
		buf_addc(to, messages[i].p[k]);
	}
}

#endif
