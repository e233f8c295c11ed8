// Reads one JSON object {secret, headers, body} from standard input and verifies it as a receiver would; prints "valid" or why not.
import { Webhook } from 'svix';

let input = '';
for await (const chunk of process.stdin) input += chunk;
const { secret, headers, body } = JSON.parse(input);
try {
  new Webhook(secret).verify(body, headers);
  console.log('valid');
} catch (error) {
  console.log(error.message);
}
