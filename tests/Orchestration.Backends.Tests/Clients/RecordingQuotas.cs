using System.Collections.Concurrent;
using Orchestration.Core.Quotas;

namespace Orchestration.Backends.Tests.Clients;

/// <summary>Grants everything at once and notes what was reserved.</summary>
internal sealed class RecordingQuotas : IQuotaAuthority
{
    public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ConcurrentQueue<QuotaAsk> Asks { get; } = new();

    public ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
    {
        Asks.Enqueue(ask);
        return ValueTask.FromResult(new QuotaGrant([.. ask.Tokens.Select(tokens => new QuotaPermit(TimeSpan.Zero, TimeSpan.FromHours(1), tokens))], TimeSpan.Zero));
    }
}
