using Orchestration.Core.Configuration;

namespace Orchestration.Core.Stores;

/// <summary>Says that a database takes a token of Microsoft Entra ID in place of a password, and whose.</summary>
/// <param name="Identity">How the token is come by.</param>
/// <param name="ClientId">Client id of a user-assigned identity; null for the machine's own.</param>
/// <param name="TokenScope">Scope of the token.</param>
public sealed record StoreIdentity(EntraIdentity Identity, string? ClientId, string TokenScope)
{
    /// <summary>Scope of tokens for Azure Database for PostgreSQL.</summary>
    public const string PostgresScope = "https://ossrdbms-aad.database.windows.net/.default";

    /// <summary>The words that a configuration or an address uses, and what they mean.</summary>
    public static IReadOnlyDictionary<string, EntraIdentity> Names { get; } = new Dictionary<string, EntraIdentity>(StringComparer.Ordinal)
    {
        ["default"] = EntraIdentity.Default,
        ["managed"] = EntraIdentity.Managed,
        ["workload"] = EntraIdentity.Workload,
        ["environment"] = EntraIdentity.Environment,
        ["azure-cli"] = EntraIdentity.AzureCli,
    };

    /// <summary>The word for <see cref="Identity"/>.</summary>
    public string Name => Names.First(n => n.Value == Identity).Key;
}
