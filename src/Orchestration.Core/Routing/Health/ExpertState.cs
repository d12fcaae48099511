namespace Orchestration.Core.Routing.Health;

/// <summary>How an expert stands in one silo. Counts begin with the router.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="IsOnOffer">True where it can be asked now.</param>
/// <param name="Reason">Why not, in a phrase; null where it can.</param>
/// <param name="Calls">Calls that ended, those that their caller cancelled left out.</param>
/// <param name="Failed">Of them without a whole reply, busy ones included; what was refused for the request's own sake is none.</param>
/// <param name="Busy">Of them turned away with 429.</param>
/// <param name="Latency">Mean time of the whole replies: of all among the first 50, then of the last 50 or so.</param>
public sealed record ExpertState(string Expert, bool IsOnOffer, string? Reason, long Calls, long Failed, long Busy, TimeSpan Latency);
