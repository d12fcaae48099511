namespace Orchestration.Simulation;

/// <summary>How an endpoint is down.</summary>
public enum ScriptedOutage
{
    /// <summary>Connections are refused; those that stand are closed, calls in flight without a reply.</summary>
    Refuses,

    /// <summary>Every request is answered 503.</summary>
    Unavailable,

    /// <summary>Every request's connection is reset.</summary>
    Resets,
}
