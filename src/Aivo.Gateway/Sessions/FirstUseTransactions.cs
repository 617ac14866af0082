using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>An access token seen on a protected route.</summary>
internal readonly record struct FirstUse(SessionId Session, TokenId Token);

/// <summary>What came of one mark.</summary>
internal enum FirstUseOutcome
{
    /// <summary>The store said nothing about it: another try may help.</summary>
    Unanswered,

    /// <summary>The leaf is used from now on.</summary>
    Written,

    /// <summary>Nothing to write: the leaf is marked already or not live, or the session has ended or is not stored.</summary>
    Ignored,

    /// <summary>The record changed twice meanwhile, or cannot be read: another try would be no better.</summary>
    Failed,
}

/// <param name="Outcomes">In the order of the marks.</param>
/// <param name="Failure">Why a mark is unanswered; one of the reasons, where there are several.</param>
internal sealed record FirstUseResult(FirstUseOutcome[] Outcomes, Exception? Failure);

/// <summary>
/// Carries out many marks: one read per shard, then a compare-and-set for each that changes its record. No call outlasts the token, not
/// even where the store does not notice it.
/// </summary>
/// <param name="retention">As for every write of a record.</param>
internal sealed class FirstUseTransactions(ISessionStore store, TimeSpan retention)
{
    /// <summary>Commits in flight at once; they share a connection, so more would only wait in line before it.</summary>
    private const int ParallelCommits = 32;

    /// <summary>The record's change that a rule loses to is a rotation as a rule, and then there is nothing left to mark.</summary>
    private const int MostAttempts = 2;

    /// <summary>Never throws: a mark without an answer is <see cref="FirstUseOutcome.Unanswered"/>.</summary>
    public async Task<FirstUseResult> CommitAsync(IReadOnlyList<FirstUse> marks, CancellationToken cancellationToken)
    {
        var outcomes = new FirstUseOutcome[marks.Count];
        Exception? failure = null;
        try
        {
            IReadOnlyList<StoredSession> read = await store.ReadManyAsync([.. marks.Select(mark => mark.Session)], cancellationToken)
                .AsTask().WaitAsync(cancellationToken);
            await Parallel.ForAsync(0, marks.Count, new ParallelOptions { MaxDegreeOfParallelism = ParallelCommits }, async (index, _) =>
            {
                try
                {
                    outcomes[index] = await CommitAsync(marks[index], read[index], cancellationToken);
                }
                catch (Exception exception)
                {
                    failure = exception;
                }
            });
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        return new FirstUseResult(outcomes, failure);
    }

    private async Task<FirstUseOutcome> CommitAsync(FirstUse mark, StoredSession stored, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (!SessionRecordCodec.TryDecode(mark.Session, stored.Bytes, out SessionRecord? record, out _))
            {
                // Not logged here: whoever refreshes the session is told, and a later release's records may come by the thousand.
                return FirstUseOutcome.Failed;
            }

            if (SessionLifecycle.MarkUsed(record, mark.Token, stored.Now) is not { } next)
            {
                return FirstUseOutcome.Ignored;
            }

            var write = new SessionWrite(SessionRecordCodec.Encode(next), next.AbsoluteEnd + retention, []);
            CommitResult result = await store.CommitAsync(mark.Session, stored.Bytes, write, cancellationToken).AsTask().WaitAsync(cancellationToken);
            if (result.Present is not { } present)
            {
                return FirstUseOutcome.Written;
            }

            stored = present;
        }

        return FirstUseOutcome.Failed;
    }
}
