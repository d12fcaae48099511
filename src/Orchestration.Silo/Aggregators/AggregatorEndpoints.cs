using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Stores;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Aggregators;

/// <summary><c>/v1/aggregators</c>: versions, which one counts, and how to change that. A change takes effect in every silo of the store within a second.</summary>
internal static class AggregatorEndpoints
{
    public static void MapAggregators(this IEndpointRouteBuilder routes, SiloState state)
    {
        var operations = new AggregatorOperations(state);
        var explanations = new AggregatorExplanations(operations);
        const AccessRoles Readers = AccessRoles.Judge | AccessRoles.Operate | AccessRoles.Read;
        var all = routes.MapGroup("/v1/aggregators");
        all.MapGet("", async (HttpContext context) => { return TypedResults.Json(await operations.ListAsync(context.RequestAborted), AggregatorJson.Default.AggregatorList); }).Needs(Readers);
        all.MapGet("/{name}", async (HttpContext context, string name) => TypedResults.Json(await operations.ShowAsync(name, context.RequestAborted), AggregatorJson.Default.AggregatorView)).Needs(Readers);
        all.MapGet("/{name}/versions/{version}", async (HttpContext context, string name, string version, bool? hashes) => TypedResults.Json(
            await operations.ManifestAsync(name, version, hashes ?? true, context.RequestAborted), AggregatorJson.Default.JsonElement)).Needs(Readers);
        all.MapGet("/{name}/explain", async (HttpContext context, string name, string? versions, string? data_set) => TypedResults.Json(
            await explanations.GetAsync(name, versions ?? "", data_set, context.RequestAborted), AggregatorJson.Default.ExplanationView)).Needs(Readers);
        all.MapPost("/{name}/activate", async (HttpContext context, string name) =>
        {
            var body = await JsonBody.ReadAsync(context, AggregatorJson.Default.ActivateBody);
            var (result, notes) = await operations.ActivateAsync(name, body, context.Caller(), context.RequestAborted);
            return TypedResults.Json(
                new ActivationView(result.Active, result.Reason, notes, AggregatorOperations.View(result.Setting)), AggregatorJson.Default.ActivationView,
                statusCode: result.Active ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
        }).Needs(AccessRoles.Operate);
        all.MapPost("/{name}/rollback", async (HttpContext context, string name) =>
        {
            var body = context.Request.ContentLength is > 0 ? await JsonBody.ReadAsync(context, AggregatorJson.Default.RollbackBody) : new RollbackBody();
            var setting = await operations.ChangeAsync(
                name, "aggregator.rollback", context.Caller(), registry => registry.RollbackAsync(name, body.Reason, context.Caller().AuditName, context.RequestAborted), context.RequestAborted);
            return TypedResults.Json(setting, AggregatorJson.Default.SettingView);
        }).Needs(AccessRoles.Operate);
        all.MapPut("/{name}/shadow", async (HttpContext context, string name) =>
        {
            var version = await operations.ResolveAsync(name, (await JsonBody.ReadAsync(context, AggregatorJson.Default.ShadowBody)).Version, context.RequestAborted);
            return TypedResults.Json(
                await operations.ChangeAsync(name, "aggregator.shadow", context.Caller(), registry => registry.ShadowAsync(name, version, context.RequestAborted), context.RequestAborted), AggregatorJson.Default.SettingView);
        }).Needs(AccessRoles.Operate);
        all.MapDelete("/{name}/shadow", async (HttpContext context, string name) => TypedResults.Json(
            await operations.ChangeAsync(name, "aggregator.shadow", context.Caller(), registry => registry.ShadowAsync(name, null, context.RequestAborted), context.RequestAborted), AggregatorJson.Default.SettingView))
            .Needs(AccessRoles.Operate);
        all.MapPut("/{name}/canary", async (HttpContext context, string name) =>
        {
            var body = await JsonBody.ReadAsync(context, AggregatorJson.Default.CanaryBody);
            if (!(body.Share is > 0 and <= 1)) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"share is {body.Share}; more than 0 and at most 1."));
            var version = await operations.ResolveAsync(name, body.Version, context.RequestAborted);
            return TypedResults.Json(
                await operations.ChangeAsync(name, "aggregator.canary", context.Caller(), registry => registry.CanaryAsync(name, version, body.Share, context.RequestAborted), context.RequestAborted),
                AggregatorJson.Default.SettingView);
        }).Needs(AccessRoles.Operate);
        all.MapDelete("/{name}/canary", async (HttpContext context, string name) => TypedResults.Json(
            await operations.ChangeAsync(name, "aggregator.canary", context.Caller(), registry => registry.CanaryAsync(name, null, 0, context.RequestAborted), context.RequestAborted), AggregatorJson.Default.SettingView))
            .Needs(AccessRoles.Operate);
    }
}

/// <summary>What is done with aggregator versions over HTTP, and written into the audit log.</summary>
/// <param name="state">The silo.</param>
internal sealed class AggregatorOperations(SiloState state)
{
    // The test takes all processors for a while.
    private readonly Bulkhead _tests = new(1);

    private IStore Store => state.Store;

    public static SettingView View(AggregatorSetting setting) =>
        new(setting.Name, setting.Epoch, setting.Active, setting.Shadow, setting.Canary, setting.CanaryShare, setting.Earlier);

    public async Task<AggregatorList> ListAsync(CancellationToken cancellationToken)
    {
        List<AggregatorLine> lines = [];
        foreach (var heads in (await Store.Aggregators.ListAsync(null, cancellationToken)).GroupBy(static h => h.Name, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal))
            lines.Add(new AggregatorLine(heads.Key, (await Store.Aggregators.SettingAsync(heads.Key, cancellationToken)).Active, heads.Count()));
        return new AggregatorList(lines);
    }

    public async Task<AggregatorView> ShowAsync(string name, CancellationToken cancellationToken)
    {
        var heads = await HeadsAsync(name, cancellationToken);
        return new AggregatorView(
            View(await Store.Aggregators.SettingAsync(name, cancellationToken)),
            [.. heads.Select(static h => new VersionView(h.Id, h.Model, h.AddedAt))],
            [.. (await Store.Aggregators.AttemptsAsync(name, cancellationToken)).Select(static a => new AttemptView(a.Version, a.Previous, Words(a.Outcome), a.Reason, a.By, a.At))],
            [
                .. (await Store.Aggregators.ComparisonsAsync(name, cancellationToken)).Where(static c => c.Rows > 0).Select(static c => new ComparisonView(
                    c.Active, c.Other, c.Rows, c.MeanDifference, c.RootMeanSquaredDifference, double.IsFinite(c.Correlation) ? c.Correlation : null, c.MaxDifference, c.OnlyActive, c.OnlyOther)),
            ]);
    }

    /// <summary>A version's manifest; without the hashes of its rows, of which there may be a million, where they are not wanted.</summary>
    public async Task<JsonElement> ManifestAsync(string name, string version, bool hasHashes, CancellationToken cancellationToken)
    {
        var manifest = (await VersionAsync(name, await ResolveAsync(name, version, cancellationToken), cancellationToken)).Manifest;
        if (!hasHashes) manifest = manifest with { Basis = manifest.Basis with { Training = manifest.Basis.Training with { RowHashes = [], GroupHashes = [] } } };
        return JsonElement.Parse(manifest.ToJson());
    }

    /// <summary>The files of a data set of the configuration.</summary>
    public IReadOnlyList<string> FilesOf(string dataSet) => state.Config.DataSets.TryGetValue(dataSet, out var set)
        ? set.Files
        : throw new OrchestrationException(ErrorCodes.NotFound, $"No data set is called '{dataSet}'. The configuration names: {string.Join(", ", state.Config.DataSets.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>Does what takes all processors for a while, unless something of the kind is being done.</summary>
    public async Task<T> AloneAsync<T>(string busy, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        if (!_tests.TryTake(1)) throw new BusyException(busy, TimeSpan.FromSeconds(10));
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _tests.Return(1);
        }
    }

    /// <summary>The whole id of a version that was named by its first digits.</summary>
    public async Task<string> ResolveAsync(string name, string version, CancellationToken cancellationToken)
    {
        await HeadsAsync(name, cancellationToken);
        return (await new AggregatorRegistry(Store.Aggregators).ResolveAsync($"{name}@{version}", cancellationToken)).Id;
    }

    /// <summary>Makes the test of promise 8 and, where it is passed or overruled with a reason, makes the version active.</summary>
    public async Task<(ActivationResult Result, IReadOnlyList<string> Notes)> ActivateAsync(string name, ActivateBody body, Caller caller, CancellationToken cancellationToken)
    {
        if (body.Force && string.IsNullOrWhiteSpace(body.Reason)) throw new OrchestrationException(ErrorCodes.Usage, "force needs a reason: it is recorded with the activation.");
        var id = await ResolveAsync(name, body.Version, cancellationToken);
        var setting = await Store.Aggregators.SettingAsync(name, cancellationToken);
        var tested = body.Force || setting.Active == id ? null : await TestAsync(await VersionAsync(name, id, cancellationToken), setting, body.DataSet, cancellationToken);
        var result = await new AggregatorRegistry(Store.Aggregators).ActivateAsync(
            setting, id, tested?.Verdict, body.Force ? body.Reason : setting.Active == id ? "active already" : null, caller.AuditName, cancellationToken);
        await Store.Access.RecordAsync(
            AggregatorAudit.Activation(caller.AuditName, name, setting, id, result), CancellationToken.None);
        return (result, tested?.Notes ?? []);
    }

    /// <summary>Changes a setting and writes it down.</summary>
    public async Task<SettingView> ChangeAsync(
        string name, string action, Caller caller, Func<AggregatorRegistry, ValueTask<AggregatorSetting>> change, CancellationToken cancellationToken)
    {
        await HeadsAsync(name, cancellationToken);
        var before = await Store.Aggregators.SettingAsync(name, cancellationToken);
        var after = await change(new AggregatorRegistry(Store.Aggregators));
        await Store.Access.RecordAsync(AggregatorAudit.Change(caller.AuditName, action, before, after), CancellationToken.None);
        return View(after);
    }

    private static string Words(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.Accepted => "accepted",
        AttemptOutcome.Refused => "refused",
        AttemptOutcome.Forced => "forced",
        _ => "rolled_back",
    };

    private async Task<TestedActivation> TestAsync(AggregatorVersion version, AggregatorSetting setting, string? dataSet, CancellationToken cancellationToken)
    {
        var files = dataSet is null ? [] : FilesOf(dataSet);
        return await AloneAsync(
            "Another version is being tested or explained at this silo. Try again when it is done.",
            () => StoredActivationTest.RunAsync(Store.Aggregators, version, setting, files, cancellationToken), cancellationToken);
    }

    public async Task<AggregatorVersion> VersionAsync(string name, string id, CancellationToken cancellationToken)
    {
        var stored = (await Store.Aggregators.FindAsync(id, name, cancellationToken))!;
        var place = $"stored version {AggregatorVersion.Short(id)} of '{name}'";
        return AggregatorVersion.Read($"The manifest of the {place}", stored.Manifest, $"The weights of the {place}", stored.Weights);
    }

    private async Task<IReadOnlyList<AggregatorHead>> HeadsAsync(string name, CancellationToken cancellationToken)
    {
        var heads = await Store.Aggregators.ListAsync(name, cancellationToken);
        return heads.Count != 0 ? heads : throw new OrchestrationException(ErrorCodes.NotFound, $"There is no aggregator '{(name.Length > 60 ? name[..60] : name)}'. GET /v1/aggregators lists those there are.");
    }
}
