using Orchestration.Core.Quotas;
using Orchestration.Simulation.Host;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Host;

/// <summary>A quota that several silos want more of than there is.</summary>
public sealed class SharedQuotaTests
{
    private const int Silos = 4;
    private const int Callers = 40;

    private static readonly TimeSpan Run = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Hungry_silos_get_like_shares_whatever_the_pace_at_which_they_began(int seed)
    {
        var timeline = new Timeline(new Dice((ulong)seed), new Trace(1));
        var store = new SimulatedProcess(timeline, 0, "store", TimeSpan.Zero, 0);
        var authority = new LocalQuotaAuthority(store.Clock);
        IReadOnlyList<QuotaBucket> buckets = [new QuotaBucket("deployment/shared", 6000, null)];
        var sent = new int[Silos];
        var gates = new List<QuotaGate>();
        for (var i = 0; i < Silos; i++)
        {
            var silo = i;
            var process = new SimulatedProcess(timeline, i + 1, $"silo {i}", TimeSpan.Zero, 0);

            // Each a little later than the one before, as processes are that were started together.
            var gate = new QuotaGate(new Distant(authority, process.Clock), () => buckets, process.Clock);
            gates.Add(gate);
            timeline.After(TimeSpan.FromMilliseconds(7 * i), () =>
            {
                for (var caller = 0; caller < Callers; caller++)
                {
                    _ = process.Start(async () =>
                    {
                        while (true)
                        {
                            await gate.EnterAsync("", 0, CancellationToken.None);
                            sent[silo]++;
                        }
                    });
                }
            });
        }

        timeline.RunUntil(() => timeline.Now >= Run.Ticks, Run);

        timeline.Escape.ShouldBeNull();
        var all = sent.Sum();
        all.ShouldBeGreaterThan(5800, string.Join(", ", sent));
        foreach (var one in sent) ((double)one * Silos / all).ShouldBeInRange(0.85, 1.15, string.Join(", ", sent));
    }

    /// <summary>An authority that answers after two milliseconds, as one in a database does.</summary>
    private sealed class Distant(IQuotaAuthority inner, TimeProvider time) : IQuotaAuthority
    {
        public async ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), time, cancellationToken);
            var grant = await inner.GrantAsync(ask, cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(1), time, cancellationToken);
            return grant;
        }

        public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => inner.UseAsync(cancellationToken);
    }
}
