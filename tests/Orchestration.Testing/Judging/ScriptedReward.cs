using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Testing.Judging;

/// <summary>A reward deployment in memory.</summary>
public sealed class ScriptedReward(Func<string, string, RewardReply> script) : IRewardDeployment
{
    private int _calls;

    public string Name { get; init; } = "reward";

    public ModelIdentity Model { get; init; } = new("skywork", "reward-8b", "");

    public decimal? PricePerCall { get; init; }

    public int Concurrency { get; init; } = 8;

    public int MaxAttempts { get; init; } = 1;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>A reply with this value, for a tenth of a cent.</summary>
    public static RewardReply Gives(double value) => new(value, null, null, new CallTotals(1, 0, default, 0.001m));

    public ValueTask<RewardReply> RewardAsync(string prompt, string answer, CallOrigin origin, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _calls);
        return ValueTask.FromResult(script(prompt, answer));
    }
}
