using System.Collections.Concurrent;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Postgres.Spool;

/// <summary>Which claims have taken room in the spool: each gives it back once, when its judgment is stored or the claim is released.</summary>
internal sealed class ClaimedRoom(JudgmentSpool? spool)
{
    private readonly ConcurrentDictionary<JudgmentAddress, bool> _taken = new();

    public bool TryTake(JudgmentAddress address)
    {
        if (spool is null || _taken.ContainsKey(address)) return true;
        if (!spool.TryTakeRoom()) return false;
        if (!_taken.TryAdd(address, true)) spool.GiveBack();
        return true;
    }

    public void GiveBack(JudgmentAddress address)
    {
        if (_taken.TryRemove(address, out _)) spool!.GiveBack();
    }
}
