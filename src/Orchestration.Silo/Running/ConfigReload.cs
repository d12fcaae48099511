using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Configuration;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Running;

/// <summary>
/// Puts the configuration's file into effect again when it changes, when a signal says so, or when somebody asks for it over HTTP. A file that is wrong
/// is refused with its message, and what was in effect stays. No request is dropped: those in flight end with the configuration that they began with.
/// </summary>
/// <param name="state">The silo.</param>
internal sealed class ConfigReload(SiloState state)
{
    /// <summary>How often the file is looked at. Its content counts, not its date: a file that is replaced through a link is seen too.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private volatile string _seen = Fingerprint(state.Options.ConfigFile);

    /// <summary>Reads the file and puts it into effect.</summary>
    /// <param name="by">Who asked, for the audit log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">It is wrong: everything stays as it was.</exception>
    public async Task ReloadAsync(string by, CancellationToken cancellationToken)
    {
        var before = Words();
        await state.ConfigureAsync(
            () =>
            {
                _seen = Fingerprint(state.Options.ConfigFile);
                return OrchestrationConfig.Load(state.Options.ConfigFile);
            },
            cancellationToken);
        state.Options.Note(string.Create(CultureInfo.InvariantCulture, $"configuration {state.ConfigGeneration} is in effect: {Words()}"));
        await state.Store.Access.RecordAsync(new AuditEntry(by, "config.reload", state.Config.File ?? OrchestrationConfig.DefaultFileName, before, Words()), cancellationToken);
    }

    /// <summary>Watches the file until told to stop.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Look, state.Options.Time);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (Fingerprint(state.Options.ConfigFile) == _seen) continue;
                try
                {
                    await ReloadAsync($"silo {state.Store.Owner}", cancellationToken);
                }
                catch (OrchestrationException e)
                {
                    state.Options.Note($"the configuration stays as it was: {e.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo ends.
        }
    }

    /// <summary><c>POST /v1/config/reload</c>.</summary>
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/config/reload", async (HttpContext context) =>
    {
        await ReloadAsync(context.Caller().AuditName, context.RequestAborted);
        return TypedResults.Json(new ReloadReply(state.ConfigGeneration, state.Config.File), RunningJson.Default.ReloadReply);
    }).Needs(AccessRoles.Operate);

    private string Words() => string.Create(
        CultureInfo.InvariantCulture,
        $"{state.Config.Deployments.Count} deployments, {state.Config.JudgeSets.Count} judge sets, {state.Config.Router?.Experts.Count ?? 0} experts, {state.Config.Router?.Policies.Count ?? 0} policies");

    private static string Fingerprint(string? path)
    {
        try
        {
            var file = path ?? OrchestrationConfig.DefaultFileName;
            return File.Exists(file) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Being written just now: the next look tells.
            return "?";
        }
    }
}
