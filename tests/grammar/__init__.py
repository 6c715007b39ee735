# SPDX-License-Identifier: Apache-2.0
"""A strict checker of what an IMAP server sends.

cursor.py      terminals of the ABNF (numbers, strings, atoms, flags, mailbox names) over one response
structure.py   ENVELOPE and BODYSTRUCTURE
codes.py       resp-text and its codes
responses.py   every untagged response
imapgrammar.py framing of a byte stream into responses, and the one class that parses them
session.py     the rules between responses: state, message numbers, what was asked for

Each grammar rule is a method with the name of its ABNF rule ("-" and "." written "_"), so the checker
can be read beside the RFC.  Nothing here shares code with the server: two readings of the same text.
"""
