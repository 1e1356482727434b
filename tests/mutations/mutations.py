"""The mutations: a name, the file, the text that stands there exactly once, what replaces it, and the suite that must notice."""

DRIVE = "shared/pipeline/src/drive.rs"
ACCEPT = "shared/pipeline/src/accept.rs"
SWEEP = "shared/pipeline/src/sweep.rs"
CHUNK = "shared/pipeline/src/chunk.rs"
JOURNAL = "shared/pipeline/src/aws/journal.rs"
CLAIMS = "shared/pipeline/src/aws/claims.rs"
OUTBOX = "shared/pipeline/src/aws/outbox.rs"


def mutation(name, file, find, put, suite="pipeline"):
    return {"name": name, "file": file, "find": find, "put": put, "suite": suite}


MUTATIONS = [
    # What the protocol rests on.
    mutation(
        "take without the lease check",
        JOURNAL,
        '"attribute_exists(pk) AND e = :seen AND l < :now"',
        '"attribute_exists(pk) AND e = :seen AND (l < :now OR l >= :now)"',
        "contract",
    ),
    mutation(
        "take without the epoch fence",
        JOURNAL,
        '"attribute_exists(pk) AND e = :seen AND l < :now"',
        '"attribute_exists(pk) AND (e = :seen OR e <> :seen) AND l < :now"',
        "contract",
    ),
    mutation(
        "rewrite without the epoch fence",
        JOURNAL,
        '"attribute_exists(pk) AND e = :seen")',
        '"attribute_exists(pk) AND (e = :seen OR e <> :seen)")',
        "contract",
    ),
    mutation(
        "rewrite brings a deleted chunk back",
        JOURNAL,
        '"attribute_exists(pk) AND e = :seen")',
        '"attribute_not_exists(pk) OR e = :seen")',
        "contract",
    ),
    mutation(
        "take without a new epoch",
        JOURNAL,
        "SET l = :l, e = :e, t = :t",
        "SET l = :l, e = :seen, old = :e, t = :t",
        "contract",
    ),
    mutation(
        "owner check: every taken claim is somebody else's",
        DRIVE,
        "Some(owner) if owner == chunk.key.id => states[*at] = State::Ours,",
        "Some(owner) if owner == chunk.key.id => states[*at] = State::Foreign,",
    ),
    mutation(
        "owner check: every taken claim is ours",
        DRIVE,
        "Some(_) => states[*at] = State::Foreign,",
        "Some(_) => states[*at] = State::Ours,",
    ),
    mutation(
        "claims not checked: a taken event is sent all the same",
        DRIVE,
        "Claimed::Taken => taken.push(at),",
        "Claimed::Taken => states[at] = State::Ours,",
    ),
    mutation(
        "claims not checked: an undecided event is sent",
        DRIVE,
        "Claimed::Undecided => {}",
        "Claimed::Undecided => states[at] = State::Ours,",
    ),
    mutation(
        "a taken event is dropped without a look at its owner",
        DRIVE,
        "Claimed::Taken => taken.push(at),",
        "Claimed::Taken => states[at] = State::Foreign,",
    ),
    mutation(
        "no claim where the owner expired is somebody else's",
        DRIVE,
        "                        None => {}",
        "                        None => states[*at] = State::Foreign,",
    ),
    mutation(
        "delete before send",
        DRIVE,
        "        self.send(&mut work, deadline).await;",
        "        for work in &work { let _ = self.journal.delete(&work.chunk.key).await; }\n"
        "        self.send(&mut work, deadline).await;",
    ),
    mutation(
        "no retry of failed entries: they count as sent",
        DRIVE,
        "                        Sent::Retry => {}",
        "                        Sent::Retry => work[open.chunk].states[open.at] = State::Sent,",
    ),
    mutation(
        "failed entries are not tried again within a drive",
        DRIVE,
        "                        Sent::Retry => {}",
        "                        Sent::Retry => work[open.chunk].states[open.at] = State::Refused,",
    ),
    mutation(
        "settle deletes a chunk with a refused message",
        DRIVE,
        "matches!(state, State::Sent | State::Foreign)",
        "matches!(state, State::Sent | State::Foreign | State::Refused)",
    ),
    mutation(
        "settle deletes a chunk with an event that is not sent",
        DRIVE,
        "matches!(state, State::Sent | State::Foreign)",
        "matches!(state, State::Sent | State::Foreign | State::Ours)",
    ),
    mutation(
        "settle always deletes",
        DRIVE,
        "let outcome = if rest.is_empty() {",
        "let outcome = if rest.len() <= messages.len() {",
    ),
    mutation(
        "rewrite keeps what was sent, and drops the rest",
        DRIVE,
        "|(_, state)| !matches!(state, State::Sent | State::Foreign)",
        "|(_, state)| matches!(state, State::Sent | State::Foreign)",
    ),
    mutation(
        "a drive goes on after its lease",
        DRIVE,
        "let deadline = deadline.earlier(lease_ms - LEASE_MARGIN_MS);",
        "let _ = (lease_ms, LEASE_MARGIN_MS);",
    ),
    # The way into the journal, and out of it.
    mutation(
        "driven before it is put",
        ACCEPT,
        "        let (journaled, quarantined) = tokio::join!(",
        "        for (chunk, messages) in &chunks { self.drive(&[(chunk, messages.as_slice())], deadline).await; }\n"
        "        let (journaled, quarantined) = tokio::join!(",
    ),
    mutation(
        "200 although neither journal nor spill queue took a chunk",
        ACCEPT,
        "if self.spill_chunk(chunk).await { Ok(false) } else { Err(NotDurable::Journal(fault)) }",
        "self.spill_chunk(chunk).await;\n        Ok(false)",
    ),
    mutation(
        "a spilled chunk is driven without the journal",
        ACCEPT,
        "if self.spill_chunk(chunk).await { Ok(false)",
        "if self.spill_chunk(chunk).await { Ok(true)",
    ),
    mutation(
        "200 although the quarantine queue did not take a part",
        ACCEPT,
        "        quarantined?;",
        "        let _ = quarantined;",
    ),
    mutation(
        "duplicates within a request are kept",
        CHUNK,
        "if !seen.insert(message.id) {",
        "if !seen.insert(message.id) && seen.is_empty() {",
    ),
    mutation(
        "a message too large for the queue is claimed",
        CHUNK,
        "} else if message.body.len() > max_message_bytes {",
        "} else if message.body.len() > 2 * max_message_bytes {",
        "limits",
    ),
    mutation(
        "spill removed before put",
        SWEEP,
        "        for put in self.journal.put(&[chunk]).await {",
        "        if let Some(spill) = &self.spill { spill.remove(&message.handle).await.map_err(|fault| fault.to_string())?; }\n"
        "        for put in self.journal.put(&[chunk]).await {",
    ),
    mutation(
        "spill removed although the put failed",
        SWEEP,
        "            put.map_err(|fault| fault.to_string())?;",
        "            let _ = put;",
    ),
    mutation(
        "a spilled chunk comes back under its old id",
        SWEEP,
        "Chunk { key: ChunkKey::new(chunk.key.created_ms, id), ..chunk }",
        "Chunk { key: { let _ = id; chunk.key }, ..chunk }",
    ),
    mutation(
        "the sweeper ignores that it lost the race",
        SWEEP,
        "            Ok(Fenced::Lost) => return report,",
        "            Ok(Fenced::Lost) => {}",
    ),
    mutation(
        "a damaged chunk is left where it is",
        SWEEP,
        "                match self.journal.bury(&chunk).await {",
        "                return report;\n                #[allow(unreachable_code)]\n                match self.journal.bury(&chunk).await {",
    ),
    mutation(
        "a chunk is never set aside",
        SWEEP,
        "Ok(messages) if chunk.tries <= self.settings.max_tries && !old => messages,",
        "Ok(messages) if chunk.tries <= self.settings.max_tries || !old => messages,",
    ),
    mutation(
        "a chunk set aside is deleted",
        SWEEP,
        "match self.journal.bury(&chunk).await {",
        "match self.journal.delete(&chunk.key).await {",
    ),
    # The adapters.
    mutation(
        "bury deletes before it puts",
        JOURNAL,
        "        let call = self.client.put_item().table_name(&self.table);",
        "        self.delete(&chunk.key).await?;\n        let call = self.client.put_item().table_name(&self.table);",
    ),
    mutation(
        "bury deletes although the put failed",
        JOURNAL,
        'call.send().await.map_err(|error| fault("journal.bury", &error))?;',
        'let _ = call.send().await.map_err(|error| fault("journal.bury", &error));',
    ),
    mutation(
        "bury puts it where the sweeper looks",
        JOURNAL,
        "item(chunk, dead_partition(chunk.key.shard))",
        "item(chunk, partition(chunk.key.shard))",
        "contract",
    ),
    mutation(
        "UnprocessedItems are ignored",
        JOURNAL,
        "open = output.unprocessed_items().and_then(|tables| tables.get(&self.table)).cloned().unwrap_or_default();",
        "let _ = output;\n            open = Vec::new();",
    ),
    mutation(
        "items still unprocessed after the last round count as put",
        JOURNAL,
        "if unwritten.contains(&chunk.key.sort()) {",
        "if unwritten.len() > 25 {",
    ),
    mutation(
        "a failed condition is no lost race but a success",
        JOURNAL,
        "Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Fenced::Lost),",
        "Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Fenced::Done),",
    ),
    mutation(
        "the sweeper reads the first page of a shard only",
        JOURNAL,
        "const PAGES: usize = 8;",
        "const PAGES: usize = 1;",
        "contract",
    ),
    mutation(
        "an unknown error of a statement is a duplicate",
        CLAIMS,
        "                        Claimed::Undecided\n                    }",
        "                        Claimed::Taken\n                    }",
    ),
    mutation(
        "a statement's error is not looked at",
        CLAIMS,
        "                        Claimed::Undecided\n                    }",
        "                        Claimed::New\n                    }",
    ),
    mutation(
        "ConditionalCheckFailed is no duplicate",
        CLAIMS,
        '"DuplicateItem" | "DuplicateItemException" | "ConditionalCheckFailed"',
        '"DuplicateItem" | "DuplicateItemException"',
    ),
    mutation(
        "a statement without an answer counts as claimed",
        CLAIMS,
        "claimed.resize(events.len(), Claimed::Undecided);",
        "claimed.resize(events.len(), Claimed::New);",
    ),
    mutation(
        "UnprocessedKeys are taken for absent",
        CLAIMS,
        "Some(unread) if !unread.keys().is_empty() => keys = unread.keys().to_vec(),",
        "Some(unread) if unread.keys().len() > 25 => keys = unread.keys().to_vec(),",
    ),
    mutation("owners are read as they may have been", CLAIMS, ".consistent_read(true)", ".consistent_read(false)"),
    mutation("shards are read as they may have been", JOURNAL, ".consistent_read(true)", ".consistent_read(false)"),
    mutation(
        "Failed entries are not looked at",
        OUTBOX,
        "let mut sent = vec![Sent::Retry; messages.len()];",
        "let mut sent = vec![Sent::Acknowledged; messages.len()];",
    ),
    mutation(
        "a throttled entry is refused for good",
        OUTBOX,
        "entry.sender_fault() && !throttled(entry.code())",
        "entry.sender_fault() || throttled(entry.code())",
    ),
    mutation(
        "each try has a deduplication id of its own",
        OUTBOX,
        ".message_deduplication_id(message.deduplication_id)",
        ".message_deduplication_id(uuid::Uuid::new_v4().to_string())",
    ),
]
