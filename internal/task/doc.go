// Package task runs the person's request: upload, consent, review, one recipient, result, end.
//
// It promises that every step re-derives its proofs from facts and the policy in force, so that a
// consent withdrawn between two steps stops the task; that an accepted task reaches an honest end
// whatever dies in between; that nothing is sent twice; and that every end says whether anything
// was sent. It never sends, stores or erases by itself: egress, vault and erasure do.
//
// # Life of a task
//
//	receive.go  Submit: consent.Check → Permit; inputs are the subject's own; every text goes into the
//	            vault; one transaction holds the task, its inputs, the used consent, the audit leaf and
//	            the job.
//	fit.go      a photo that is too large for the recipient gets a smaller copy, which the review sees and
//	            which leaves in its place; it ends with the task.
//	review.go   the verdict: cleared, rewritten (the person confirms), held or blocked.
//	send.go     for a recipient: Permit and Clearance again, leases, disclosure.Prepare (the ledger row
//	            is committed), driver, ticket or result; where its turn has not come, it waits.
//	            make.go for the own engine: nothing leaves.
//	collect.go  poll or webhook, fetch, mark as AI-generated, store under its deadline.
//	settle.go   the terminal event ends links, has the recipient erase and notes what stays there, and
//	            shortens deadlines; "immediate" is the same step.
//	stop.go     cancel and withdrawal, with three honest outcomes; after a restart, every task with
//	            facts but no job is enqueued again; after a restore, every open one ends instead.
//
// Below it: ask (which rules a request breaks), result (what a result becomes), answer (words while they
// come, and what they must be shown with), ledger (what recipients still hold), outcome (how a task fails,
// in words), live (who watches, reads along and works right now), sealed (a recipient's job numbers).
//
// A turn of a conversation is a task like any other. Its earlier turns (review.Earlier) come from the
// server's own keeping, never from a client; the gates do not judge them again, the Clearance covers them,
// and their copy ends with the task.
//
// A step that is interrupted is run again from its facts. Only sending is different: a ledger row
// whose answer is unknown is never sent again; the task ends and says that something was sent.
package task
