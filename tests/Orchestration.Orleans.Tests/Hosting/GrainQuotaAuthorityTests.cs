using Orchestration.Core.Quotas;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Runtime;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>Who is asked for permits: the deployment's grain while there is a cluster and it answers, and the store otherwise.</summary>
public sealed class GrainQuotaAuthorityTests
{
    private static readonly QuotaAsk Ask = new([new QuotaBucket("deployment/d", 60, null), new QuotaBucket("judge/j", 60, null)], new long[1], TimeSpan.FromSeconds(10));

    private readonly Authority _store = new();
    private Func<Task<QuotaGrant>> _grain = static () => Task.FromResult(Grant(2));
    private string? _asked;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<Exception> Failures => [new OrleansException("The silo is gone."), new TimeoutException(), new ObjectDisposedException("client")];

    [Fact]
    public async Task The_first_buckets_grain_is_asked_from_joining_to_leaving_and_the_store_before_and_after()
    {
        var authority = new GrainQuotaAuthority(_store);
        (await authority.GrantAsync(Ask, Stop)).ShouldBe(_store.Given);
        authority.Join(Grains());
        (await authority.GrantAsync(Ask, Stop)).AskAgainAfter.ShouldBe(TimeSpan.FromSeconds(2));
        _asked.ShouldBe("deployment/d");
        authority.Leave();
        (await authority.GrantAsync(Ask, Stop)).ShouldBe(_store.Given);
        authority.Answered.ShouldBe((1, 2));
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Where_the_grain_does_not_answer_the_store_does(Exception failure)
    {
        var authority = new GrainQuotaAuthority(_store);
        authority.Join(Grains());
        _grain = () => Task.FromException<QuotaGrant>(failure);
        (await authority.GrantAsync(Ask, Stop)).ShouldBe(_store.Given);
        authority.Answered.ShouldBe((0, 1));
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_asks_nobody_else()
    {
        var authority = new GrainQuotaAuthority(_store);
        authority.Join(Grains());
        _grain = static () => new TaskCompletionSource<QuotaGrant>().Task;
        using var gone = new CancellationTokenSource();
        var asking = authority.GrantAsync(Ask, gone.Token).AsTask();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);
        _store.Asked.ShouldBe(0);
    }

    private static QuotaGrant Grant(int seconds) => new([], TimeSpan.FromSeconds(seconds));

    private IGrainFactory Grains() => GrainsByHand.Of((_, key) =>
    {
        _asked = key;
        return new Deployment(this);
    });

    private sealed class Deployment(GrainQuotaAuthorityTests test) : IDeploymentGrain
    {
        public Task<QuotaGrant> GrantAsync(QuotaAsk ask) => test._grain();
    }

    private sealed class Authority : IQuotaAuthority
    {
        public QuotaGrant Given { get; } = Grant(1);

        public int Asked { get; private set; }

        public ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
        {
            Asked++;
            return ValueTask.FromResult(Given);
        }

        public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<QuotaUse>>([]);
    }
}
