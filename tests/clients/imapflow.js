// SPDX-License-Identifier: Apache-2.0
// imapflow: what a mail application on Node does. Arguments: path of the module, host, port, "tls" or "plain", user, password.
'use strict';
const assert = require('assert');
const [module_path, host, port, how, user, pass] = process.argv.slice(2);
const { ImapFlow } = require(module_path);

function connect(extra) {
	return new ImapFlow({
		host, port: Number(port), secure: how === 'tls', auth: { user, pass }, logger: false,
		tls: { rejectUnauthorized: false }, ...extra,
	});
}

function message(number) {
	return `From: Sender <sender@example.org>\r\nTo: anna@example.org\r\nSubject: Flow ${number}\r\n` +
		`Message-ID: <flow-${number}@example.org>\r\nMIME-Version: 1.0\r\n` +
		'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n' +
		`Grüße ${number}\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n` +
		'Content-Transfer-Encoding: base64\r\n\r\nYSxiCg==\r\n--b--\r\n';
}

function soon(what, milliseconds, begin) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`${what} did not come within ${milliseconds} ms`)), milliseconds);
		begin((value) => {
			clearTimeout(timer);
			resolve(value);
		});
	});
}

async function mailboxes(client) {
	const made = await client.mailboxCreate(['Flow', 'Größe & Söhne']);
	assert.strictEqual(made.created, true);
	const list = await client.list({ statusQuery: { messages: true, unseen: true, uidNext: true } });
	const uses = list.map((box) => box.specialUse).filter(Boolean);
	for (const use of ['\\Inbox', '\\Sent', '\\Drafts', '\\Trash', '\\Junk', '\\Archive'])
		assert.ok(uses.includes(use), `special use ${use} in ${uses}`);
	assert.ok(list.some((box) => box.path === 'Flow/Größe & Söhne'), 'the new mailbox is listed');
	assert.strictEqual(list.find((box) => box.path === 'INBOX').status.messages, 0);
	await client.mailboxRename('Flow/Größe & Söhne', 'Flow/Renamed');
	await client.mailboxSubscribe('Flow/Renamed');
	await client.mailboxDelete('Flow/Renamed');
	const quota = await client.getQuota();
	assert.ok(quota === false || typeof quota === 'object');
}

async function messages(client) {
	for (let i = 1; i <= 6; i++) {
		const done = await client.append('INBOX', Buffer.from(message(i)), i === 1 ? ['\\Seen', '$Flow'] : [], new Date(1700000000000));
		assert.ok(done && done.uid >= i, `append: UID ${done && done.uid}`);
	}
	const lock = await client.getMailboxLock('INBOX');
	try {
		assert.strictEqual(client.mailbox.exists, 6);
		const seen = [];
		for await (const m of client.fetch('1:*', { uid: true, flags: true, envelope: true, bodyStructure: true, internalDate: true, size: true, source: true })) {
			seen.push(m.uid);
			assert.strictEqual(m.source.toString(), message(m.seq));
			assert.strictEqual(m.size, Buffer.byteLength(message(m.seq)));
			assert.strictEqual(m.envelope.subject, `Flow ${m.seq}`);
			assert.strictEqual(m.bodyStructure.childNodes.length, 2);
			assert.strictEqual(m.internalDate.getTime(), 1700000000000);
		}
		assert.strictEqual(seen.length, 6);
		const part = await client.download(String(seen[1]), '2', { uid: true });
		assert.strictEqual(part.meta.filename, 'a.csv');
		const chunks = [];
		for await (const chunk of part.content)
			chunks.push(chunk);
		assert.strictEqual(Buffer.concat(chunks).toString(), 'a,b\n');
		assert.deepStrictEqual(await client.search({ seen: true }), [1]);
		assert.deepStrictEqual(await client.search({ subject: 'flow 3' }, { uid: true }), [seen[2]]);
		assert.deepStrictEqual(await client.search({ body: 'Grüße 4' }), [4]);
		assert.ok(await client.messageFlagsAdd('2:3', ['\\Flagged', 'custom']));
		assert.ok(await client.messageFlagsRemove('3', ['\\Flagged']));
		assert.ok(await client.messageFlagsSet('4', ['\\Answered']));
		assert.deepStrictEqual(await client.search({ flagged: true }), [2]);
		const copied = await client.messageCopy('1:2', 'Archive');
		assert.strictEqual(copied.uidMap.size, 2);
		const moved = await client.messageMove('5', 'Archive');
		assert.strictEqual(moved.uidMap.size, 1);
		assert.ok(await client.messageDelete('1'));
		assert.strictEqual(client.mailbox.exists, 4);
	} finally {
		lock.release();
	}
	assert.strictEqual((await client.status('Archive', { messages: true })).messages, 3);
}

async function idle(client) {
	const watcher = connect({});
	await watcher.connect();
	await watcher.mailboxOpen('INBOX');
	const wait = watcher.idle();
	await new Promise((resolve) => setTimeout(resolve, 300)); // until IDLE has begun
	await soon('exists', 1500, (got) => {
		watcher.once('exists', got);
		client.append('INBOX', Buffer.from(message(7)));
	});
	await client.mailboxOpen('INBOX');
	await soon('flags', 1500, (got) => {
		watcher.once('flags', got);
		client.messageFlagsAdd('1', ['\\Flagged', '\\Draft']);
	});
	await soon('expunge', 1500, (got) => {
		watcher.once('expunge', got);
		client.messageDelete('2');
	});
	await watcher.noop();
	await wait;
	await watcher.logout();
}

// With QRESYNC: what others remove is told by UID; who comes back is told what happened since (RFC 7162).
async function resync(client) {
	const watcher = connect({ qresync: true });
	await watcher.connect();
	assert.ok(watcher.enabled.has('QRESYNC') && watcher.enabled.has('CONDSTORE'));
	await watcher.mailboxOpen('INBOX');
	const uids = [];
	for await (const m of watcher.fetch('1:*', { uid: true, flags: true }))
		uids.push(m.uid);
	const wait = watcher.idle();
	await new Promise((resolve) => setTimeout(resolve, 300));
	await client.mailboxOpen('INBOX');
	const gone = await soon('vanished', 1500, (got) => {
		watcher.once('expunge', got);
		client.messageDelete(String(uids[0]), { uid: true });
	});
	assert.deepStrictEqual([gone.uid, gone.vanished, gone.earlier], [uids[0], true, false]);
	await watcher.noop();
	await wait;
	const { uidValidity, highestModseq } = await watcher.status('INBOX', { uidValidity: true, highestModseq: true });
	await watcher.logout();
	await client.messageDelete(String(uids[1]), { uid: true });
	await client.messageFlagsAdd(String(uids[2]), ['\\Answered', 'away'], { uid: true });
	const back = connect({ qresync: true });
	const told = [];
	back.on('expunge', (event) => told.push(`gone ${event.uid} ${event.earlier}`));
	back.on('flags', (event) => told.push(`flags ${event.uid} ${event.flags.has('away')}`));
	await back.connect();
	await back.mailboxOpen('INBOX', { uidValidity, changedSince: highestModseq });
	assert.strictEqual(back.mailbox.qresync, true);
	assert.deepStrictEqual(told, [`gone ${uids[1]} true`, `flags ${uids[2]} true`]);
	const changed = [];
	for await (const m of back.fetch('1:*', { uid: true, flags: true }, { uid: true, changedSince: highestModseq }))
		changed.push(m.uid);
	assert.deepStrictEqual(changed, [uids[2]]);
	assert.strictEqual(told.filter((event) => event === `gone ${uids[1]} true`).length, 2);
	await back.logout();
}

async function main() {
	const client = connect({ clientInfo: { name: 'starling test' } });
	await client.connect();
	await mailboxes(client);
	await messages(client);
	await idle(client);
	await resync(client);
	await client.logout();
	await assert.rejects(async () => {
		const wrong = connect({ auth: { user, pass: 'wrong' } });
		await wrong.connect();
	});
}

main().then(() => process.exit(0), (error) => {
	console.error(error);
	process.exit(1);
});
