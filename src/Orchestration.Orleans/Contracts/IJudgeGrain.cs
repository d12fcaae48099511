using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orleans;

namespace Orchestration.Orleans.Contracts;

/// <summary>A judge's one owner in the cluster. Key: the judge's id. It judges nothing itself: it leases its limit to silos, whose own workers do, so that a hot judge is never one mailbox.</summary>
[Alias("orchestration.judge")]
public interface IJudgeGrain : IGrainWithStringKey
{
    /// <summary>What is fixed of the judge, and how many requests it usefully takes at once.</summary>
    /// <exception cref="Core.OrchestrationException">No judge has this id.</exception>
    [Alias("describe")]
    Task<JudgeTerms> DescribeAsync();

    /// <summary>Leases a share of the judge's limit, or renews it.</summary>
    /// <param name="holder">The silo.</param>
    [Alias("lease")]
    Task<JudgeLease> LeaseAsync(string holder);

    /// <summary>Gives a share back.</summary>
    [Alias("release")]
    Task ReleaseAsync(string holder);
}

/// <summary>A judge as silos host it: any number of activations, always in the caller's silo, or in the one that a client is connected to. Key: the judge's id.</summary>
[Alias("orchestration.judge-worker")]
public interface IJudgeWorkerGrain : IGrainWithStringKey
{
    /// <summary>Scores pairs, see <see cref="IJudge.JudgeAsync"/>.</summary>
    [Alias("judge")]
    Task<JudgeAnswer> JudgeAsync(JudgeQuestion question);
}

/// <summary>What is fixed of a judge.</summary>
/// <param name="Descriptor">Its descriptor.</param>
/// <param name="Concurrency">See <see cref="IJudge.Concurrency"/>.</param>
[GenerateSerializer, Immutable, Alias("orchestration.judge-terms")]
public sealed record JudgeTerms([property: Id(0)] JudgeDescriptor Descriptor, [property: Id(1)] int Concurrency);
