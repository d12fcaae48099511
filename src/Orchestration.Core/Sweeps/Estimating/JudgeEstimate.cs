using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Sweeps.Estimating;

/// <summary>What one judge of a sweep would call, and what that would cost.</summary>
/// <param name="judge">Its id; of a panel's member the panel's with its number.</param>
/// <param name="deployment">The deployment that it would call.</param>
public sealed class JudgeEstimate(string judge, DeploymentConfig deployment)
{
    /// <summary>The judge's id.</summary>
    public string Judge { get; } = judge;

    /// <summary>The deployment.</summary>
    public DeploymentConfig Deployment { get; } = deployment;

    /// <summary>Calls, each sent once.</summary>
    public long Calls { get; internal set; }

    /// <summary>Judgments that are stored already.</summary>
    public long Stored { get; internal set; }

    /// <summary>Rows for which the judge is not called: it needs a reference that they have not.</summary>
    public long WithoutCall { get; internal set; }

    /// <summary>Prompt tokens, by the usual length of a token.</summary>
    public long InputTokens { get; internal set; }

    /// <summary>Tokens of replies, by their usual length.</summary>
    public long OutputTokens { get; internal set; }

    /// <summary>US dollars at most, each call sent once: one token a byte, and the whole maximum output.</summary>
    public decimal AtMostUsd { get; internal set; }

    /// <summary>US dollars by the usual lengths; null where the deployment has no price.</summary>
    public decimal? CostUsd => Deployment.Prices is { } prices ? prices.Cost(new TokenUsage(InputTokens, 0, OutputTokens, 0)) : Deployment.PricePerCall * Calls;
}
