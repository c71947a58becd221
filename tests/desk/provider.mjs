// An OpenID provider as municipalities have one, with the people that a test names. Prints its issuer when it listens.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const told = JSON.parse(process.argv[2]);
const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: told.clients,
    claims: { openid: ['sub'], profile: ['name', 'roles', 'programmes', 'areas', 'team'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...told.people[id] }) }),
    features: { backchannelLogout: { enabled: true } },
    // It calls no address of a machine of its own, unless told to; here everything is on this one.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    pkce: { required: () => true },
    cookies: { keys: ['only for a test'] },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
