using Orchestration.Core.Access;
using Orchestration.Core.Stores;

namespace Orchestration.Core.Routing.Loop;

/// <summary>Quarantining and releasing on somebody's word; takes effect in every silo within a second, and stands in the audit log.</summary>
public static class Quarantines
{
    /// <summary>Makes a change.</summary>
    /// <param name="store">The store of the router.</param>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The list as it is afterwards.</returns>
    /// <exception cref="OrchestrationException">What is to be released is not quarantined (<see cref="ErrorCodes.NotFound"/>); a name or a reason is missing (<see cref="ErrorCodes.Usage"/>).</exception>
    public static async ValueTask<QuarantineList> ChangeAsync(IStore store, QuarantineChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(change);
        if (string.IsNullOrWhiteSpace(change.Name)) throw new OrchestrationException(ErrorCodes.Usage, "A quarantine names an expert or a judge.");
        if (string.IsNullOrWhiteSpace(change.Reason)) throw new OrchestrationException(ErrorCodes.Usage, $"Say why '{change.Name}' is {(change.IsHeld ? "quarantined" : "released")}: whoever looks later will want to know.");
        while (true)
        {
            var list = await store.Routing.QuarantinesAsync(cancellationToken);
            var before = list.Held.FirstOrDefault(h => h.Kind == change.Kind && h.Name == change.Name);
            if (!change.IsHeld && before is null)
            {
                var held = list.Held.Count == 0 ? "Nobody is." : $"These are: {string.Join(", ", list.Held.Select(static h => $"{Word(h.Kind)} {h.Name}"))}.";
                throw new OrchestrationException(ErrorCodes.NotFound, $"The {Word(change.Kind)} '{change.Name}' is not quarantined. {held}");
            }

            // Somebody else may change the list meanwhile: then it is looked at anew.
            if (await store.Routing.TryChangeAsync(list.Epoch, change, cancellationToken) is not { } changed) continue;
            await RecordAsync(store.Access, change, before?.Reason, cancellationToken);
            return changed;
        }
    }

    internal static ValueTask RecordAsync(IAccessDirectory access, QuarantineChange change, string? before, CancellationToken cancellationToken) => access.RecordAsync(
        new AuditEntry(change.By, change.IsHeld ? "router.quarantine" : "router.release", $"{Word(change.Kind)} {change.Name}", before, change.Reason), cancellationToken);

    private static string Word(QuarantineKind kind) => kind == QuarantineKind.Expert ? "expert" : "judge";
}
