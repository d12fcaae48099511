using Orchestration.Core.Judging;

namespace Orchestration.Backends.Exchanges;

/// <summary>Reads the body of a reply with status 200.</summary>
/// <typeparam name="T">What it holds.</typeparam>
/// <param name="body">The whole body.</param>
/// <param name="reply">What it holds, where it can be read.</param>
/// <param name="problem">Why it cannot be read, where it cannot.</param>
/// <returns>True where it can be read.</returns>
internal delegate bool ReplyReader<T>(ReadOnlySpan<byte> body, out T? reply, out string problem)
    where T : class;

/// <summary>A reply that says what it took.</summary>
internal interface IMeteredReply
{
    /// <summary>Tokens; null where the endpoint did not say.</summary>
    TokenUsage? Usage { get; }

    /// <summary>What it says of itself, for telemetry.</summary>
    /// <param name="keepText">True where its text is wanted too.</param>
    ReplyFacts Facts(bool keepText);
}

/// <summary>How a call ended: with a reply or with a failure.</summary>
/// <param name="Reply">The reply; null where the call failed.</param>
/// <param name="Failure">Why it failed, one of the reasons of an unscored judgment; null where it did not.</param>
/// <param name="Detail">What the endpoint said of the failure.</param>
/// <param name="Failures">Attempts without a usable reply.</param>
/// <param name="Unknown">Of these, attempts that may have been charged without anybody knowing.</param>
internal readonly record struct CallEnd<T>(T? Reply, string? Failure, string? Detail, int Failures, int Unknown)
    where T : class;
