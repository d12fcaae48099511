using System.Collections.Concurrent;

namespace Orchestration.Core.Judging.Deployments;

/// <summary>A deployment that waits, and why.</summary>
/// <param name="Deployment">Its name.</param>
/// <param name="Reason">What is said to people, without secrets; one line.</param>
/// <param name="Since">When it began to wait.</param>
/// <param name="NextTry">When it asks again; null where it is asked again at once when something changes.</param>
public sealed record DeploymentWait(string Deployment, string Reason, DateTimeOffset Since, DateTimeOffset? NextTry);

/// <summary>
/// What deployments say of themselves to whoever shows progress: that they wait for an endpoint that is down or whose quota is used up, and
/// notes worth a line (a model that changed in mid-sweep). Safe for concurrent use.
/// </summary>
public sealed class DeploymentBoard(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DeploymentWait> _waits = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _notes = new();
    private readonly ConcurrentDictionary<(string Deployment, string Model, string Fingerprint), long> _served = new();

    /// <summary>Those that wait now, by name.</summary>
    public IReadOnlyList<DeploymentWait> Waits => [.. _waits.Values.OrderBy(w => w.Deployment, StringComparer.Ordinal)];

    /// <summary>Says that a deployment waits.</summary>
    public void Wait(string deployment, string reason, DateTimeOffset? nextTry) =>
        _waits.AddOrUpdate(
            deployment,
            static (name, state) => new DeploymentWait(name, state.reason, state.time.GetUtcNow(), state.nextTry),
            static (_, old, state) => old with { Reason = state.reason, NextTry = state.nextTry },
            (reason, nextTry, time));

    /// <summary>Says that a deployment works again.</summary>
    public void Work(string deployment) => _waits.TryRemove(deployment, out _);

    /// <summary>Counts a call that was answered by a model and serving configuration, as the endpoint names them.</summary>
    public void Served(string deployment, string model, string fingerprint) =>
        _served.AddOrUpdate((deployment, model, fingerprint), 1, static (_, count) => count + 1);

    /// <summary>Calls answered in this process by deployment, model and fingerprint.</summary>
    public IReadOnlyDictionary<(string Deployment, string Model, string Fingerprint), long> ServedCalls => _served;

    /// <summary>Leaves a note that is worth a line.</summary>
    public void Note(string note) => _notes.Enqueue(note);

    /// <summary>Takes the next note.</summary>
    public bool TryTakeNote(out string note)
    {
        var taken = _notes.TryDequeue(out var next);
        note = next ?? "";
        return taken;
    }
}

/// <summary>On whose behalf a call is made: decides whose turn it is, and which limits it counts in.</summary>
/// <param name="Payer">The sweep or key that pays; empty where nobody in particular does.</param>
/// <param name="Judge">The judge's id; empty where no judge asks.</param>
public readonly record struct CallOrigin(string Payer, string Judge)
{
    /// <summary>Nobody in particular.</summary>
    public static CallOrigin None => new("", "");
}
