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
        "Some(owner) if owner.chunk == chunk.key.id => states[*at] = State::Ours,",
        "Some(owner) if owner.chunk == chunk.key.id => states[*at] = State::Foreign,",
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
        "        let collided = in_state(&work, State::Conflict);",
        "        for work in &work { let _ = self.journal.delete(work.chunk).await; }\n"
        "        let collided = in_state(&work, State::Conflict);",
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
        "matches!(self, Self::Sent | Self::Foreign | Self::Kept)",
        "matches!(self, Self::Sent | Self::Foreign | Self::Kept | Self::Refused)",
    ),
    mutation(
        "settle deletes a chunk with an event that is not sent",
        DRIVE,
        "matches!(self, Self::Sent | Self::Foreign | Self::Kept)",
        "matches!(self, Self::Sent | Self::Foreign | Self::Kept | Self::Ours)",
    ),
    mutation(
        "settle always deletes",
        DRIVE,
        "Some(rest) => self.journal.rewrite(&rest).await,",
        "Some(_) => self.journal.delete(chunk).await,",
    ),
    mutation(
        "rewrite keeps what was sent, and drops the rest",
        DRIVE,
        ".filter(|(_, state)| !state.is_settled());",
        ".filter(|(_, state)| state.is_settled());",
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
        "if quarantined.contains(&false) {",
        "if quarantined.is_empty() && !rejects.is_empty() {",
    ),
    mutation(
        "duplicates within a request are kept",
        CHUNK,
        "            Entry::Occupied(_) => true,",
        "            Entry::Occupied(_) => false,",
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
        "        let put = self.journal.put(&chunks).await;",
        "        let all: Vec<&str> = handles.iter().map(String::as_str).collect();\n"
        "        let _ = spill.remove(&all).await;\n"
        "        let put = self.journal.put(&chunks).await;",
    ),
    mutation(
        "spill removed although the put failed",
        SWEEP,
        "                    tracing::warn!(%fault, \"spilled chunk not brought back\");",
        "                    tracing::warn!(%fault, \"spilled chunk not brought back\");\n                    back.push(handle);",
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
        "            return self.set_aside(&taken, true).await;",
        "            return report;",
    ),
    mutation(
        "a chunk is never set aside",
        SWEEP,
        "        is_spent || chunk.tries > TRIES_BEFORE_AGE && is_old",
        "        is_spent && chunk.tries > TRIES_BEFORE_AGE && is_old",
    ),
    mutation(
        "a chunk set aside is deleted",
        SWEEP,
        "match self.journal.bury(chunk).await {",
        "match self.journal.delete(chunk).await {",
    ),
    # The adapters.
    mutation(
        "bury in two writes, the second of which asks nobody",
        JOURNAL,
        "        let moved =\n",
        "        let all = item(chunk, dead_partition(chunk.key.shard));\n"
        "        let call = self.client.put_item().table_name(&self.table).set_item(Some(all));\n"
        "        call.send().await.map_err(|error| fault(\"journal.bury\", &error))?;\n"
        "        let live = keys(&chunk.key, partition(chunk.key.shard));\n"
        "        let call = self.client.delete_item().table_name(&self.table).set_key(Some(live));\n"
        "        call.send().await.map_err(|error| fault(\"journal.bury\", &error))?;\n"
        "        if chunk.events > 0 {\n            return Ok(Fenced::Done);\n        }\n"
        "        let moved =\n",
        "contract",
    ),
    mutation(
        "a move without the fence",
        JOURNAL,
        '            .condition_expression("e = :seen")\n            .expression_attribute_values(":seen", number(seen));',
        '            .condition_expression("attribute_not_exists(pk) OR e = :seen OR e <> :seen")\n            .expression_attribute_values(":seen", number(seen));',
        "contract",
    ),
    mutation(
        "delete without the fence",
        JOURNAL,
        '"attribute_not_exists(pk) OR e = :seen"',
        '"attribute_not_exists(pk) OR e = :seen OR e <> :seen"',
        "contract",
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
        SWEEP,
        "            from = page.next;",
        "            from = page.next.filter(|_| false);",
    ),
    mutation(
        "a page after the first begins anew",
        JOURNAL,
        "            .set_exclusive_start_key(from.map(start))",
        "            .set_exclusive_start_key(from.filter(|from| from.is_empty()).map(start))",
        "contract",
    ),
    # Conflicts.
    mutation(
        "a conflict is dropped as a duplicate",
        DRIVE,
        "=> states[*at] = State::Conflict,",
        "=> states[*at] = State::Foreign,",
    ),
    mutation(
        "a conflict counts as kept before quarantine has it",
        DRIVE,
        ".zip(kept).filter(|(_, kept)| *kept) {",
        ".zip(kept).filter(|(_, kept)| *kept || !*kept) {",
    ),
    mutation(
        "a conflict is sent",
        DRIVE,
        "=> states[*at] = State::Conflict,",
        "=> states[*at] = State::Ours,",
    ),
    mutation(
        "a duplicate is a conflict where a claim tells nothing",
        "shared/pipeline/src/message.rs",
        "    matches!((one, other), (Some(one), Some(other)) if one != other)",
        "    one != other",
    ),
    mutation(
        "a conflict within a request is dropped",
        CHUNK,
        "                    out.conflicts.push(message);\n                    continue;",
        "                    out.doubles += 1;\n                    continue;",
    ),
    mutation(
        "the claim does not hold what the event says",
        CLAIMS,
        "let statement = if says.is_some() {",
        "let says = says.filter(|_| false);\n            let statement = if says.is_some() {",
    ),
    mutation(
        "the owner is read without what the event says",
        CLAIMS,
        "Says::from_slice(says.as_ref()));",
        "Says::from_slice(says.as_ref())).filter(|_| false);",
    ),
    mutation(
        "the journal forgets what an event says",
        CHUNK,
        "let says = if version == WITHOUT_SAYS { None } else { reader.says()? };",
        "let says = if version == WITHOUT_SAYS { None } else { reader.says()?.filter(|_| false) };",
    ),
    mutation(
        "a part counts as kept with a piece missing",
        "shared/pipeline/src/keep.rs",
        "            kept[piece.part] = false;",
        "            kept[piece.part] = true;",
    ),
    # The sweeper's duties.
    mutation(
        "tries bury although the queue takes nothing",
        SWEEP,
        "chunk.tries > self.settings.max_tries && pass.queue_takes.load(Ordering::Relaxed);",
        "chunk.tries > self.settings.max_tries;",
    ),
    mutation(
        "what was spilled comes first",
        SWEEP,
        "        let (swept, unspilled) = tokio::join!(shards, self.unspill(deadline));",
        "        let unspilled = self.unspill(deadline).await;\n        let swept = shards.await;",
        "spill",
    ),
    mutation(
        "bringing back has no share of time",
        SWEEP,
        "let share = deadline.earlier(self.clock.now_ms() + UNSPILL_MS);",
        "let share = deadline.earlier(self.clock.now_ms() + 10 * UNSPILL_MS);",
        "spill",
    ),
    mutation(
        "bringing back goes on though the journal refuses",
        SWEEP,
        "let goes_on = back.len() == handles.len();",
        "let goes_on = back.len() <= handles.len();",
        "spill",
    ),
    mutation(
        "a shard that was not read counts as empty",
        SWEEP,
        "                    report.faults += 1;\n                    report.unread = 1;",
        "                    report.faults += 1;",
        "spill",
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
        "claimed.resize(claims.len(), Claimed::Undecided);",
        "claimed.resize(claims.len(), Claimed::New);",
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
