using Orchestration.Core.Quotas;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Quotas;

public sealed class QuotaGateTests
{
    private static readonly QuotaBucket Bucket = new("deployment/a", 600, null);

    private readonly ManualTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_caller_that_leaves_costs_the_others_nothing_but_its_permit()
    {
        using var gate = Gate(Bucket with { RequestsPerMinute = 60 });
        using var leaving = new CancellationTokenSource();
        var first = gate.EnterAsync("a", 0, Cancel).AsTask();
        var gone = gate.EnterAsync("a", 0, leaving.Token).AsTask();
        var last = gate.EnterAsync("a", 0, Cancel).AsTask();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);
        await DrainAsync(Task.WhenAll(first, last));
        gate.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task A_permit_that_was_slept_over_is_expired()
    {
        using var gate = Gate(Bucket);
        var permit = await gate.EnterAsync("", 0, Cancel);
        gate.IsExpired(permit).ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(201));
        gate.IsExpired(permit).ShouldBeTrue();
    }

    [Fact]
    public async Task An_authority_that_fails_fails_those_who_wait_and_is_asked_again_by_the_next()
    {
        var authority = new Failing(new LocalQuotaAuthority(_time));
        using var gate = new QuotaGate(authority, static () => [Bucket], _time);
        var failure = await Should.ThrowAsync<InvalidOperationException>(async () => await gate.EnterAsync("", 0, Cancel));
        failure.Message.ShouldBe("the store is away");
        authority.IsAway = false;
        await gate.EnterAsync("", 0, Cancel);
    }

    [Fact]
    public async Task A_correction_counts_where_its_call_was_sent()
    {
        var authority = new Failing(new LocalQuotaAuthority(_time)) { IsAway = false };
        using var gate = new QuotaGate(authority, static () => [Bucket with { TokensPerMinute = 60_000 }], _time);
        await gate.EnterAsync("", 100, Cancel);
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(7));
        gate.Settle(sentAt, -40);
        _time.Advance(TimeSpan.FromSeconds(2));
        await DrainAsync(gate.EnterAsync("", 100, Cancel).AsTask());
        authority.Corrections.ShouldBe([new QuotaCorrection(TimeSpan.FromSeconds(9), -40)]);
    }

    [Fact]
    public async Task Closing_ends_those_who_wait()
    {
        var gate = Gate(Bucket with { RequestsPerMinute = 1 });
        await gate.EnterAsync("", 0, Cancel);
        var waiting = gate.EnterAsync("", 0, Cancel).AsTask();
        gate.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(() => waiting);
    }

    private QuotaGate Gate(QuotaBucket bucket) => new(new LocalQuotaAuthority(_time), () => [bucket], _time);

    /// <summary>Moves the clock a little whenever something waits by it, until all are through.</summary>
    private async Task DrainAsync(Task all)
    {
        while (!all.IsCompleted)
        {
            var wait = _time.WaitBegunAsync(static _ => true);
            if (await Task.WhenAny(all, wait) == all) break;
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await all;
    }

    private sealed class Failing(IQuotaAuthority inner) : IQuotaAuthority
    {
        public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<QuotaUse>>([]);

        public bool IsAway { get; set; } = true;

        public List<QuotaCorrection> Corrections { get; } = [];

        public ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
        {
            if (IsAway) throw new InvalidOperationException("the store is away");
            Corrections.AddRange(ask.Corrections);
            return inner.GrantAsync(ask, cancellationToken);
        }
    }
}
