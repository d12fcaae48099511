using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Quotas;

namespace Orchestration.Backends;

/// <summary>What deployments share with one another and with their surroundings.</summary>
public sealed record DeploymentServices
{
    /// <summary>Measures attempts, waits and permits.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Looks up environment variables; usually <see cref="System.Environment.GetEnvironmentVariable(string)"/>.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>Who hands out permits; null for this process alone.</summary>
    public IQuotaAuthority? Quotas { get; init; }

    /// <summary>Where deployments say that they wait; null where nobody listens.</summary>
    public DeploymentBoard? Board { get; init; }

    /// <summary>Limits that judges have of their own, by judge id.</summary>
    public IReadOnlyDictionary<string, JudgeLimits> JudgeLimits { get; init; } = new Dictionary<string, JudgeLimits>(StringComparer.Ordinal);

    /// <summary>
    /// True to put texts of prompts and replies into traces, false never to; null (the default) to do as the environment's
    /// <c>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</c> says, and not to where it says nothing.
    /// </summary>
    public bool? RecordContent { get; init; }

    /// <summary>Makes the credential of an identity; null for those of Azure.Identity.</summary>
    public Func<DeploymentConfig, Azure.Core.TokenCredential>? Credentials { get; init; }
}
