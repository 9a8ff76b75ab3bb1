// The state that a TCP in the tester's place would be in, inferred from the segments in order on one connection. What
// is malformed or out of order changes nothing.
const uint32 = (n) => n >>> 0;

class Peer {
    constructor() {
        this.state = 'CLOSED';
        this.sndNxt = this.rcvNxt = null;
        this.finAt = null;
    }

    sends(seg) {
        const has = (name) => seg.names.includes(name);
        if (has('RST')) {
            if (seg.seq === this.sndNxt) { this.state = 'CLOSED'; }
        } else if (has('SYN')) {
            this.sendsSyn(seg, has('ACK'));
        } else if (seg.seq === this.sndNxt) {
            this.sndNxt = uint32(this.sndNxt + seg.len + (has('FIN') ? 1 : 0));
            if (has('FIN')) { this.sendsFin(); }
        }
    }

    sendsSyn(seg, acks) {
        const answers = acks && this.state === 'SYN-RECEIVED' && seg.ack === this.rcvNxt;
        const opens = !acks && this.state === 'CLOSED';
        if (!answers && !opens) { return; }
        this.sndNxt = uint32(seg.seq + 1 + seg.len);
        if (opens) { this.state = 'SYN-SENT'; }
    }

    sendsFin() {
        this.finAt = this.sndNxt;
        const next = { 'SYN-RECEIVED': 'FIN-WAIT-1', ESTABLISHED: 'FIN-WAIT-1', 'CLOSE-WAIT': 'LAST-ACK' };
        this.state = next[this.state] || this.state;
    }

    receives(seg) {
        const has = (name) => seg.names.includes(name);
        const acked = has('ACK') && seg.ack === this.sndNxt;
        if (has('RST')) {
            if (seg.seq === this.rcvNxt || this.state === 'SYN-SENT' && acked) { this.state = 'CLOSED'; }
        } else if (has('SYN')) {
            this.receivesSyn(seg, has('ACK'), acked);
        } else if (this.rcvNxt !== null) {
            if (acked) { this.receivesAck(); }
            if (seg.seq !== this.rcvNxt) { return; }
            this.rcvNxt = uint32(this.rcvNxt + seg.len + (has('FIN') ? 1 : 0));
            if (has('FIN')) { this.receivesFin(); }
        }
    }

    receivesSyn(seg, acks, acked) {
        const refused = acks ? this.state !== 'SYN-SENT' || !acked : !['CLOSED', 'SYN-SENT'].includes(this.state);
        if (refused) { return; }
        this.rcvNxt = uint32(seg.seq + 1 + seg.len);
        this.state = acks ? 'ESTABLISHED' : 'SYN-RECEIVED';
    }

    receivesAck() {
        const next = { 'SYN-RECEIVED': 'ESTABLISHED' };
        if (this.finAt === this.sndNxt) {
            Object.assign(next, { 'FIN-WAIT-1': 'FIN-WAIT-2', CLOSING: 'TIME-WAIT', 'LAST-ACK': 'CLOSED' });
        }
        this.state = next[this.state] || this.state;
    }

    receivesFin() {
        const next = { ESTABLISHED: 'CLOSE-WAIT', 'FIN-WAIT-1': 'CLOSING', 'FIN-WAIT-2': 'TIME-WAIT' };
        this.state = next[this.state] || this.state;
    }
}

// The state after each entry of a trace.
function peerStates(trace) {
    const peers = new Map();
    return trace.map((entry) => {
        if (!peers.has(entry.connection)) { peers.set(entry.connection, new Peer()); }
        const peer = peers.get(entry.connection);
        const good = entry.segment && !entry.remark.includes('(');
        if (good && entry.kind === 'to') { peer.sends(entry); }
        if (good && entry.kind === 'from') { peer.receives(entry); }
        return peer.state;
    });
}

// The state the target showed or told of with an entry, or ''.
function toldState(entry) {
    if (entry.kind === 'state') { return entry.text; }
    const move = entry.kind === 'rule' ? entry.text.match(/-> ([A-Z0-9-]+)$/) : null;
    return move ? move[1] : '';
}
