using System.Collections.Concurrent;
using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Silo.Hosting;

/// <summary>
/// The deployments of one configuration, each made once, when it is first asked for, and shared by judges and experts: one quota, one circuit. The next
/// configuration's take over those that it leaves as they are, connections and all. Safe for concurrent use.
/// </summary>
internal sealed class SiloDeployments : IDeploymentSource, IDisposable
{
    private readonly OrchestrationConfig _config;
    private readonly DeploymentServices _services;
    private readonly ConcurrentDictionary<string, Lazy<OpenAiChatDeployment>> _chats = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<HttpRewardDeployment>> _rewards = new(StringComparer.Ordinal);

    /// <summary>Those of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="services">What they share with their surroundings; its judges' limits are replaced by the configuration's.</param>
    /// <param name="earlier">Those of the configuration before; null for none.</param>
    public SiloDeployments(OrchestrationConfig config, DeploymentServices services, SiloDeployments? earlier = null)
    {
        _config = config;
        _services = earlier is not null && AreSame(earlier._config.JudgeLimits, config.JudgeLimits) ? earlier._services : services with { JudgeLimits = config.JudgeLimits };
        if (earlier is null || !ReferenceEquals(earlier._services, _services)) return;
        foreach (var deployment in config.Deployments.Values.Where(d => earlier._config.Deployments.TryGetValue(d.Name, out var before) && AreSame(before, d)))
        {
            if (earlier._chats.TryGetValue(deployment.Name, out var chat)) _chats[deployment.Name] = chat;
            if (earlier._rewards.TryGetValue(deployment.Name, out var reward)) _rewards[deployment.Name] = reward;
        }
    }

    /// <summary>The chat deployment with this name.</summary>
    /// <exception cref="OrchestrationException">There is none (<see cref="ErrorCodes.NotFound"/>), or it is a reward deployment (<see cref="ErrorCodes.Configuration"/>).</exception>
    public OpenAiChatDeployment Chat(string name) => Of(_config.Deployment(name));

    IChatDeployment IDeploymentSource.Chat(DeploymentConfig config) => Of(config);

    IRewardDeployment IDeploymentSource.Reward(DeploymentConfig config) => _rewards.GetOrAdd(
        config.Name, static (_, state) => new Lazy<HttpRewardDeployment>(() => DeploymentFactory.CreateReward(state.config, state._services)), (config, _services)).Value;

    public void Dispose()
    {
        foreach (var chat in _chats.Values.Where(static chat => chat.IsValueCreated)) chat.Value.Dispose();
        foreach (var reward in _rewards.Values.Where(static reward => reward.IsValueCreated)) reward.Value.Dispose();
    }

    private OpenAiChatDeployment Of(DeploymentConfig config) => _chats.GetOrAdd(
        config.Name, static (_, state) => new Lazy<OpenAiChatDeployment>(() => DeploymentFactory.CreateChat(state.config, state._services)), (config, _services)).Value;

    private static bool AreSame(DeploymentConfig one, DeploymentConfig other) => one == (other with { Pool = one.Pool }) && one.Pool.SequenceEqual(other.Pool);

    private static bool AreSame(IReadOnlyDictionary<string, JudgeLimits> one, IReadOnlyDictionary<string, JudgeLimits> other) =>
        one.Count == other.Count && one.All(limit => other.TryGetValue(limit.Key, out var same) && same == limit.Value);
}
