using Orchestration.Core;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Clients;

/// <summary>A call through a chat client brought no reply. Its code is <see cref="ErrorCodes.Deployment"/>.</summary>
/// <param name="reason">One of <see cref="UnscoredReason"/>.</param>
/// <param name="message">What the endpoint said, without secrets.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class ChatCallException(string reason, string message, Exception? innerException = null)
    : OrchestrationException(ErrorCodes.Deployment, message, innerException)
{
    /// <summary>Why: one of <see cref="UnscoredReason"/> (<c>filtered</c>, <c>too_long</c>, <c>rejected</c>, <c>timeout</c>, <c>unavailable</c>, <c>unreadable</c>).</summary>
    public string Reason { get; } = reason;
}
