using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;

namespace Aivo.Gateway.Hosting;

/// <summary>Writes ends back that a log has lost (revocation.md, rule 9). It is here because revocations and sessions do not know each other.</summary>
internal sealed class EndedSessions(ISessionStore store, SessionTransactions transactions)
{
    private const int PageSize = 500;

    private const int MostAtOnce = 8;

    /// <summary>
    /// Ends every session that the store holds as alive. Of the others the revocation alone is left to write: one without a record cannot come
    /// back, and one whose record cannot be read is not handed out either.
    /// </summary>
    public async Task<IReadOnlyList<RevocationEntry>> RestoreAsync(ushort shard, IReadOnlyList<RevocationEntry> missing, CancellationToken cancellationToken)
    {
        List<RevocationEntry> appended = [];
        foreach (RevocationEntry[] page in missing.Chunk(PageSize))
        {
            SessionId[] ids = [.. page.Select(entry => new SessionId(entry.Id, shard))];
            IReadOnlyList<StoredSession> stored = await store.ReadManyAsync(ids, cancellationToken);
            var alive = new List<SessionId>();
            for (int i = 0; i < ids.Length; i++)
            {
                if (SessionRecordCodec.TryDecode(ids[i], stored[i].Bytes, out SessionRecord? record, out _) && record is { End: null })
                {
                    alive.Add(ids[i]);
                }
                else
                {
                    appended.Add(page[i]);
                }
            }

            var bound = new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(alive, bound, async (id, token) => await transactions.RestoreEndAsync(id, token));
        }

        return appended;
    }
}
