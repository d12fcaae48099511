using System.Collections.Concurrent;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Chat;

/// <summary>Watches which model and which serving configuration answer, and says so when that changes.</summary>
internal sealed class ServedModels(string deployment, DeploymentBoard? board)
{
    /// <summary>Some providers have many configurations; beyond these nothing is news.</summary>
    private const int Most = 50;

    private readonly ConcurrentDictionary<(string Model, string Fingerprint), bool> _seen = new();
    private (string Model, string Fingerprint)? _first;

    public void See(string? model, string? fingerprint)
    {
        if (board is null || (model is null && fingerprint is null)) return;
        var now = (model ?? "", fingerprint ?? "");
        board.Served(deployment, now.Item1, now.Item2);
        if (_seen.ContainsKey(now) || _seen.Count >= Most || !_seen.TryAdd(now, true)) return;
        if (_first is not { } first)
        {
            _first = now;
            return;
        }

        board.Note($"deployment '{deployment}' is now answered by {Name(now)}; before, by {Name(first)}. Judgments of both are kept; each names its own.");
    }

    private static string Name((string Model, string Fingerprint) served) =>
        (served.Model.Length > 0 ? served.Model : "a model without a name") + (served.Fingerprint.Length > 0 ? $" ({served.Fingerprint})" : "");
}
